"""Sends a file's orders so that the load can stop anywhere and go on, every order with the same bytes each time."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice

from stream_app.core.errors import UsageError
from stream_app.history.historic_order import HistoricOrder
from stream_app.replay.journal import Journal
from stream_app.replay.pace import Metronome, Pace
from stream_app.replay.send import Sender

STRETCH = 2_000
"""Orders planned at once: each plan waits for the disk."""
MAX_UNCONFIRMED = 20_000
PROGRESS_EVERY = 100
WRITE_SECONDS = 1.0
SETTLE_SECONDS = 5.0

Numbered = tuple[int, HistoricOrder, bytes]


@dataclass(frozen=True)
class Plan:
    """How a load goes."""

    is_history: bool
    pace: Pace
    limit: int | None
    """Orders to send in this run."""


@dataclass(frozen=True)
class Sent:
    """How far a load is, or how far it came."""

    confirmed: int
    """Orders in the topic, counted from the first one without a gap."""
    resumed_from: int
    total: int
    at_us: int | None
    """The instant of the order sent last."""
    silent_seconds: float
    """So long has nothing been confirmed, while something waits for it."""
    seconds: float

    @property
    def is_complete(self) -> bool:
        """Whether every order of the file is in the topic."""
        return self.confirmed == self.total


class Confirmed:
    """Counts deliveries from the first order on, as far as there is no gap."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._ahead: set[int] = set()

    def take(self, number: int, _partition: int = 0, _offset: int = 0) -> None:
        """Note that the order of this number, from 0, was taken."""
        self._ahead.add(number)
        while self.count in self._ahead:
            self._ahead.remove(self.count)
            self.count += 1


class ResumableLoad:
    """One run of a load; `orders` are all of the file's, the same ones in the same order as in every run."""

    def __init__(
        self,
        orders: Iterator[HistoricOrder],
        sender: Sender,
        journal: Journal,
        plan: Plan,
        on_progress: Callable[[Sent], None] = lambda _: None,
    ) -> None:
        self._orders = orders
        self._sender = sender
        self._journal = journal
        self._plan = plan
        self._on_progress = on_progress
        self._digest = hashlib.sha256()
        self._resumed_from = journal.entry.confirmed
        self._confirmed = Confirmed(self._resumed_from)
        self._at_us: int | None = None
        self._now_us = time.time_ns() // 1_000
        self._last_us: int | None = None
        """Of the orders that are not dated ahead: to the instant of the last one every clock may go."""
        self._handed_over = self._heard_of = self._resumed_from
        self._began = self._written = self._heard_at = time.monotonic()

    def run(self) -> Sent:
        """Send what is not confirmed yet; history ends with a tick at its last instant that is not ahead of now."""
        metronome = Metronome(self._plan.pace, self._meanwhile)
        try:
            for number, order, value in islice(chain(self._repeated(), self._planned()), self._plan.limit):
                metronome.wait(order.ordered_at_us)
                self._send(number, order, value)
            while self._confirmed.count < self._handed_over:
                self._meanwhile(0.1)
            self._finish()
        except KeyboardInterrupt:
            self._sender.settle(SETTLE_SECONDS)
            raise
        finally:
            self._journal.confirm(self._confirmed.count)
        return self.sent()

    def sent(self) -> Sent:
        """Return how far the load is."""
        return Sent(
            self._confirmed.count,
            self._resumed_from,
            self._journal.entry.total,
            self._at_us,
            self._silent_seconds(),
            time.monotonic() - self._began,
        )

    def _silent_seconds(self) -> float:
        now = time.monotonic()
        if self._confirmed.count != self._heard_of or self._handed_over <= self._confirmed.count:
            self._heard_of, self._heard_at = self._confirmed.count, now
        return now - self._heard_at

    def _repeated(self) -> list[Numbered]:
        """Make the planned orders anew, compare them with what may have been sent, and return the unconfirmed ones."""
        entry = self._journal.entry
        again = []
        number = -1
        for number, order in enumerate(islice(self._orders, entry.planned)):
            value = self._digested(order)
            if number >= entry.confirmed:
                again.append((number, order, value))
        if entry.planned and (number + 1 != entry.planned or self._digest.hexdigest() != entry.digest):
            raise UsageError(
                f"The first {entry.planned:,} orders are not byte for byte those that were sent before, though file "
                "and flags are the same: segstream or DuckDB may be of another version.",
                "Go on with the versions that began the load; or load the file into fresh topics.",
            )
        return again

    def _planned(self) -> Iterator[Numbered]:
        """Yield the orders behind the planned ones, each after it was written down that it is sent."""
        number = self._journal.entry.planned
        while stretch := list(islice(self._orders, STRETCH)):
            values = [self._digested(order) for order in stretch]
            self._journal.plan(number + len(stretch), self._digest.hexdigest())
            for order, value in zip(stretch, values, strict=True):
                yield number, order, value
                number += 1

    def _digested(self, order: HistoricOrder) -> bytes:
        value = order.to_json()
        self._digest.update(value + b"\n")
        if order.ordered_at_us <= self._now_us:
            self._last_us = order.ordered_at_us
        return value

    def _send(self, number: int, order: HistoricOrder, value: bytes) -> None:
        while number - self._confirmed.count > MAX_UNCONFIRMED:
            self._meanwhile(0.1)
        delivered = partial(self._confirmed.take, number)
        self._sender.send(order.customer_id, value, is_history=self._plan.is_history, delivered=delivered)
        self._at_us = order.ordered_at_us
        self._handed_over = number + 1
        if number % PROGRESS_EVERY == 0:
            self._meanwhile(0)

    def _meanwhile(self, seconds: float) -> None:
        self._sender.poll(seconds)
        self._on_progress(self.sent())
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self._written = time.monotonic()
            self._journal.confirm(self._confirmed.count)

    def _finish(self) -> None:
        if self._confirmed.count == self._journal.entry.total:
            if self._plan.is_history and self._last_us is not None:
                self._sender.tick(self._last_us)
            self._journal.finish()
