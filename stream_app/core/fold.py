"""Everybody of a partition as the worker would have them, without a score: the fold alone, in the order of the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from stream_app.contract.dead_letter import Refusal, Refused
from stream_app.core.bounds import bound
from stream_app.core.clock import AHEAD_US, Clock
from stream_app.core.erasure import Marker
from stream_app.core.errors import StopError
from stream_app.core.features import Features
from stream_app.core.inbound import Inbound, SourceRecord, Tick, Unread
from stream_app.core.order import Order
from stream_app.core.rfm import RfmState, Verdict
from stream_app.core.rules import Rules


class Fold:
    """Takes records as `Chunk` does, so that the states are the worker's, but fires no timer and scores nobody.

    With `until`, what is dated after it is left aside: the states are those of that instant, though
    orders that came late count.
    """

    __slots__ = ("_erased", "_rules", "_until", "clock", "refusal", "states")

    def __init__(self, rules: Rules, until: int | None = None) -> None:
        self.clock = Clock()
        self.states: dict[str, RfmState] = {}
        self.refusal: Refusal | None = None
        """Why the last record was `invalid`."""
        self._erased: set[str] = set()
        self._rules = rules
        self._until = until

    def take(self, inbound: Inbound) -> str:
        """Take one record and return what became of it, in the words of `Outcome.counts`, or `later`.

        Raises StopError at a marker of an erasure that our key did not make: whom not to learn from cannot be told.
        """
        self.refusal = None
        meaning = inbound.meaning
        match meaning:
            case Order():
                try:
                    return self._take_order(inbound, meaning)
                except Refused as refused:
                    self.refusal = refused.refusal
                    return "invalid"
            case Refusal():
                self.refusal = meaning
                return "invalid"
            case Marker():
                return self._take_marker(meaning)
            case Tick(instant):
                self._take_tick(inbound.record, instant)
                return "tick"
            case Unread.OTHER_KEY:
                raise self._other_key(inbound.record)
            case Unread.EMPTY:
                return "ignored"
            case _:
                assert_never(meaning)

    def features(self, as_of: int) -> Iterator[tuple[str, Features]]:
        """Yield who has a purchase that counts at an instant; moves the states there, so it is the fold's end."""
        for customer_id, state in self.states.items():
            state.advance(as_of, self._rules.window)
            found = state.features(as_of)
            if found is not None:
                yield customer_id, found

    def _take_marker(self, marker: Marker) -> str:
        """Forget who is erased, whatever instant is asked for: nobody learns from them."""
        if marker.is_lifting:
            self._erased.discard(marker.customer_id)
            return "unerasure"
        self._erased.add(marker.customer_id)
        self.states.pop(marker.customer_id, None)
        return "erasure"

    def _other_key(self, record: SourceRecord) -> StopError:
        state = "not set" if self._rules.erasure_key is None else "another one"
        return StopError(
            f"The record at offset {record.offset()} erases somebody by a key, and SEGSTREAM_ERASURE_KEY is {state}.",
            "Set it to the key that `segstream erase` was run with.",
            code="ERASURE_KEY",
        )

    def _take_tick(self, record: SourceRecord, instant: int) -> None:
        if self._rules.is_wall_clock:
            instant = min(instant, record.timestamp()[1] * 1_000 + AHEAD_US)
        if self._until is None or instant <= self._until:
            self.clock.advance(instant)

    def _take_order(self, inbound: Inbound, order: Order) -> str:
        clock, entry, window = self.clock, order.entry, self._rules.window
        if self._until is not None and entry.ordered_at > self._until:
            return "later"
        if order.customer_id in self._erased:
            if not inbound.is_history:
                clock.advance(min(entry.ordered_at, inbound.record.timestamp()[1] * 1_000 + AHEAD_US))
            return "erased"
        state = self.states.get(order.customer_id) or RfmState()
        state.advance(clock.instant, window)
        verdict = state.verdict(entry)
        if not inbound.is_history:
            clock.advance(min(entry.ordered_at, inbound.record.timestamp()[1] * 1_000 + AHEAD_US))
        if verdict is Verdict.DUPLICATE or verdict is Verdict.SUPERSEDED:
            return str(verdict.value)
        if window is not None and entry.ordered_at + window <= clock.instant:
            return "expired"
        state.advance(clock.instant, window)
        state.add(entry)
        bound(state, is_windowed=window is not None)
        self.states[order.customer_id] = state
        return "history" if inbound.is_history else "ok"
