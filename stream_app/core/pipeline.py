"""The straight line for one partition's chunk: records in; states, changes and dead letters out.

bytes → decode → Order → fold → RfmState → features → point → assign → segment → compare → SegmentChange → bytes
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import assert_never

from model_store.scoring import Scorer
from stream_app.contract.dead_letter import Refusal, Refused
from stream_app.contract.segment_change import Cause
from stream_app.contract.traceparent import trace_headers
from stream_app.core.adoption import Adoption
from stream_app.core.announcement import announce, announcement_of
from stream_app.core.bounds import bound
from stream_app.core.clock import AHEAD_US
from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.entry import Entry
from stream_app.core.erasure import Marker
from stream_app.core.evaluation import erase, evaluate
from stream_app.core.inbound import Inbound, SourceRecord, Tick, Traces, Unread, read_record
from stream_app.core.measure import Measure
from stream_app.core.model_switch import ModelSwitch
from stream_app.core.move import NO_OFFSET
from stream_app.core.order import Order
from stream_app.core.outcome import Outcome, Progress, Stop
from stream_app.core.rfm import RfmState, Verdict
from stream_app.core.rules import Rules


def read_chunk(
    records: Iterable[SourceRecord], partition: int, known: Container[str], rules: Rules, traces: Traces | None = None
) -> list[Inbound]:
    """Read a partition's records; whose states the chunk needs is known afterwards, and which traces they belong to."""
    return [read_record(record, partition, known, rules, traces) for record in records]


class Chunk:
    """Folds one partition's records and due boundaries into its customers, in the order of the log.

    `customers` holds the state of everybody the records and the boundaries name who has one, and gains
    those who are new. The states and `progress` are changed in place: after a failure drop them.
    While a `switch` is on, `scorer` is the new model's, and whoever is touched goes over to it first; so it is
    with an `adoption`. Whoever has gone over is counted by the window of the rules. There is never one of both kinds
    at once.
    """

    def __init__(
        self,
        progress: Progress,
        customers: dict[str, Customer],
        scorer: Scorer,
        rules: Rules,
        switch: ModelSwitch | None = None,
        adoption: Adoption | None = None,
    ) -> None:
        self._progress = progress
        self._clock = progress.clock
        self._customers = customers
        self._measure = Measure(scorer, rules.window)
        self._rules = rules
        self._switch = switch
        self._adoption = adoption
        self._walked_from: int | None = None
        self.outcome = Outcome()
        self._tally = self.outcome.tally
        self._blocks = progress.blocks

    def process(self, records: Iterable[Inbound]) -> None:
        """Take the records one by one; stops where the breaker trips, and before a marker of another key."""
        progress, outcome = self._progress, self.outcome
        for inbound in records:
            refusal = self._take(inbound)
            if outcome.stop is not None:
                return
            progress.source_position = inbound.record.offset() + 1
            if refusal is not None or isinstance(inbound.meaning, Order):
                self._guard(inbound.record, refusal)
                if progress.breaker.is_tripped and self._rules.has_breaker:
                    outcome.stop = Stop.BREAKER
                    return

    def _take(self, inbound: Inbound) -> Refusal | None:
        """Answer one record; return why it is to become a dead letter, None when it is not."""
        meaning, counts = inbound.meaning, self.outcome.counts
        match meaning:
            case Order():
                try:
                    counts[self._take_order(inbound, meaning)] += 1
                except Refused as refused:
                    return refused.refusal
            case Tick(instant):
                self._take_tick(inbound.record, instant)
            case Marker():
                self._take_marker(inbound.record, meaning)
            case Refusal():
                return self._unless_erased(inbound.record, meaning)
            case Unread.OTHER_KEY:
                self.outcome.stop = Stop.MARKER_KEY
            case Unread.EMPTY:
                counts["ignored"] += 1
            case _:
                assert_never(meaning)
        return None

    def fire(self, customer_ids: Iterable[str]) -> None:
        """Bring customers that no record touched up to the clock, and over to the new model."""
        for customer_id in customer_ids:
            customer = self._customers.get(customer_id)
            # Who was erased before their turn came is gone.
            if customer is not None:
                self._settle(customer)

    def walk(self, customer_ids: Iterable[str]) -> None:
        """Take over to what is new whom nothing else touches, and whom only an adoption knows; nothing is folded after.

        Who was erased before their turn came stays away. An adoption's walk meets people twice: what the first time
        left with them is not to be paid by the second.
        """
        self._walked_from = len(self.outcome.moves)
        over = None if self._adoption is None else self._adoption.id
        for customer_id in customer_ids:
            customer = self._customers.get(customer_id) or self._newcomer(customer_id)
            if customer is not None and customer.adopted != over:
                self._settle(customer)

    def announce(self, traces: Traces | None = None) -> None:
        """Put the moves into words; nothing is folded after it. A change belongs to the trace of its order.

        A patient switch leaves a move that a walk made with its customer, to be paid at the next touch: until
        then it is the customer's last one.
        """
        outcome = self.outcome
        if not outcome.moves:
            return
        worded = announce(outcome.moves, self._progress.partition, self._rules)
        owed = self._owed()
        for place, announcement in enumerate(worded):
            if outcome.moves[place].is_silent:
                continue
            if place in owed:
                outcome.touched[outcome.moves[place].customer_id].owed = announcement.value
            else:
                outcome.changes.append(announcement)
        if traces:
            for move, announcement in zip(outcome.moves, worded, strict=True):
                if move.source_offset in traces:
                    announcement.headers += trace_headers(traces[move.source_offset])

    def _owed(self) -> set[int]:
        """Return the places of moves that are to be published later."""
        pace = self._switch or self._adoption
        if pace is None or not pace.is_patient or self._walked_from is None:
            return set()
        moves = self.outcome.moves
        last = {moves[place].customer_id: place for place in range(self._walked_from, len(moves))}
        return {place for place in last.values() if moves[place].cause in _OWED}

    def _pay(self, customer: Customer) -> None:
        """Publish what is owed before anything else happens to the customer."""
        self.outcome.changes.append(announcement_of(customer.owed))
        customer.owed = b""
        self._touch(customer)

    def _guard(self, record: SourceRecord, refusal: Refusal | None) -> None:
        self._progress.breaker.saw(is_bad=refusal is not None)
        if refusal is not None:
            self.outcome.counts["invalid"] += 1
            self.outcome.dead_letters.append((record, refusal))

    def _take_tick(self, record: SourceRecord, instant: int) -> None:
        self.outcome.counts["tick"] += 1
        if self._rules.is_wall_clock:
            instant = min(instant, record.timestamp()[1] * 1_000 + AHEAD_US)
        self._clock.advance(instant)

    def _take_marker(self, record: SourceRecord, marker: Marker) -> None:
        """Erase a customer, or let later orders count again; a second marker of a kind changes nothing."""
        if marker.is_lifting:
            self.outcome.counts["unerasure"] += 1
            self._blocks.lift(marker.hash)
            return
        self.outcome.counts["erasure"] += 1
        customer = self._customers.get(marker.customer_id)
        if customer is not None:
            self._settle(customer)
            self._erase(customer, record.offset())
        adopted = 0 if self._adoption is None else self._adoption.id
        self._blocks.block(marker.hash, 0 if customer is None else customer.sequence, adopted)

    def _erase(self, customer: Customer, offset: int) -> None:
        outcome, customer_id, clock = self.outcome, customer.customer_id, self._clock.instant
        self._tally.leave(customer, max(customer.counted.as_of, clock))
        move = erase(customer, clock, self._measure.scorer, offset)
        if move is not None:
            outcome.moves.append(move)
        del self._customers[customer_id]
        self._progress.customers -= 1
        outcome.touched.pop(customer_id, None)
        outcome.newcomers.discard(customer_id)
        outcome.renamed.discard(customer_id)
        outcome.erased.add(customer_id)

    def _newcomer(self, customer_id: str) -> Customer | None:
        """Return a state to begin with, None for who was erased and shall have none."""
        customer = Customer(customer_id)
        if self._blocks:
            block = self._blocks.find(self._hash_of(customer_id))
            if block is not None:
                customer.sequence, customer.adopted = block.sequence, block.adopted
                return customer if block.is_lifted else None
        return customer

    def _unless_erased(self, record: SourceRecord, refusal: Refusal) -> Refusal | None:
        """Return the refusal, None when a dead letter would hold what came from somebody erased."""
        key = record.key()
        if self._blocks and key:
            block = self._blocks.find(self._hash_of(key.decode(errors="replace")))
            if block is not None and not block.is_lifted:
                self.outcome.counts["erased"] += 1
                return None
        return refusal

    def _hash_of(self, customer_id: str) -> str:
        key = self._rules.erasure_key
        assert key is not None, "a partition with a block list never runs without the key"
        return key.hash_of(customer_id)

    def _take_order(self, inbound: Inbound, order: Order) -> str:
        """Fold one order at the partition's clock and return what became of it.

        A contradiction is found before the clock moves: a dead letter does not move it.
        """
        clock, entry = self._clock, order.entry
        customer = self._customers.get(order.customer_id) or self._newcomer(order.customer_id)
        if customer is None:
            # The others' clock shall not show who was erased.
            if not inbound.is_history:
                clock.advance(min(entry.ordered_at, inbound.record.timestamp()[1] * 1_000 + AHEAD_US))
            return "erased"
        self._settle(customer)
        verdict = customer.rfm.verdict(entry)
        if not inbound.is_history:
            clock.advance(min(entry.ordered_at, inbound.record.timestamp()[1] * 1_000 + AHEAD_US))
            self._settle(customer)
        if verdict is Verdict.DUPLICATE or verdict is Verdict.SUPERSEDED:
            return str(verdict.value)
        window = self._measure.window
        if window is not None and entry.ordered_at + window <= clock.instant:
            return "expired"
        self._fold(customer, entry)
        if order.zero_lines:
            self.outcome.counts["zero_lines"] += order.zero_lines
        if inbound.is_history:
            self._wait(customer, self._clock.instant)
            return "history"
        cause, offset = _cause(entry, verdict), inbound.record.offset()
        self._evaluate(customer, cause, self._measure, source_offset=offset)
        return "ok"

    def _fold(self, customer: Customer, entry: Entry) -> None:
        rfm, window = customer.rfm, self._measure.window
        rfm.advance(self._clock.instant, window)
        rfm.add(entry)
        bound(rfm, is_windowed=window is not None)
        self._touch(customer)

    def _touch(self, customer: Customer) -> None:
        customer_id = customer.customer_id
        if customer_id not in self._customers:
            self._customers[customer_id] = customer
            self._progress.customers += 1
            self.outcome.newcomers.add(customer_id)
            if self._blocks:
                self._blocks.forget(self._hash_of(customer_id))
        self.outcome.touched[customer_id] = customer

    def _wait(self, customer: Customer, since: int) -> None:
        """Leave the score to the next advance of the clock after an instant, at least a microsecond later."""
        customer.waits_since = since
        customer.due_at = since + 1
        self._clock.has_history = True

    def _settle(self, customer: Customer) -> None:
        """Bring the customer up to the clock: first by what was up to a switch or an adoption, then by what is new."""
        if customer.owed:
            self._pay(customer)
        switch, adoption, measure = self._switch, self._adoption, self._measure
        version = measure.scorer.version
        if switch is not None and customer.model_version != version and customer.customer_id in self._customers:
            self._fire(customer, switch.old, switch.instant)
            self._change_model(customer, switch)
        elif adoption is not None and customer.adopted != adoption.id:
            self._fire(customer, adoption.old, adoption.instant)
            self._adopt(customer, adoption)
        self._fire(customer, measure, self._clock.instant)

    def _fire(self, customer: Customer, measure: Measure, until: int) -> None:
        """Fire the customer's own boundaries up to an instant, each at its own."""
        while customer.due_at is not None and customer.due_at <= until:
            if customer.waits_since != NOT_WAITING:
                customer.advance(self._clock.after(customer.waits_since), measure.window)
                self._evaluate(customer, "order", measure, is_history=True)
            else:
                is_gone, started = customer.advance(customer.due_at, measure.window)
                self._evaluate(customer, _timer_cause(started, is_gone=is_gone), measure)
            self._touch(customer)

    def _change_model(self, customer: Customer, switch: ModelSwitch) -> None:
        """Score the customer anew at the instant of the switch; who waits for history's score gets that one instead."""
        if customer.waits_since == NOT_WAITING:
            customer.advance(switch.instant, self._measure.window)
            self._evaluate(customer, "model", self._measure, is_history=switch.is_quiet)
        if customer.model_version:
            customer.model_version = self._measure.scorer.version
        self._touch(customer)

    def _adopt(self, customer: Customer, adoption: Adoption) -> None:
        """Exchange the orders that are held for those of the other count, at the instant of the adoption."""
        customer.adopted = adoption.id
        other = adoption.states.get(customer.customer_id)
        if other is None and customer.customer_id not in self._customers:
            return
        customer.rfm = other or RfmState()
        self._touch(customer)
        if adoption.is_before_all:
            self._wait(customer, adoption.instant)
            return
        customer.rfm.advance(adoption.instant, self._measure.window)
        is_quiet, is_silent = adoption.is_quiet, adoption.is_silent
        self._evaluate(customer, "correction", self._measure, is_history=is_quiet, is_silent=is_silent)

    def _evaluate(
        self,
        customer: Customer,
        cause: Cause,
        measure: Measure,
        source_offset: int = NO_OFFSET,
        *,
        is_history: bool = False,
        is_silent: bool = False,
    ) -> None:
        name, before = customer.segment_name, customer.features
        if not customer.model_version:
            self._tally.meet(customer.counted.as_of)
        move = evaluate(
            customer, cause, measure.scorer, measure.window,
            source_offset=source_offset, is_history=is_history, is_silent=is_silent,
        )  # fmt: skip
        self._tally.take(customer, before, move)
        if move is not None:
            self.outcome.moves.append(move)
        elif customer.segment_name != name:
            self.outcome.renamed.add(customer.customer_id)


_OWED = ("model", "correction")
"""Causes of what a walk does to a customer whom nothing else touches."""


def _cause(entry: Entry, verdict: Verdict) -> Cause:
    if verdict is Verdict.REPLACES:
        return "correction"
    return "return" if entry.is_return else "order"


def _timer_cause(started: list[Entry], *, is_gone: bool) -> Cause:
    if any(entry.products for entry in started):
        return "order" if any(entry.is_purchase for entry in started) else "return"
    return "expiry" if is_gone else "aging"
