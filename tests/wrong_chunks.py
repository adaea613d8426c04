"""Chunks that make one mistake about time each; the proofs must notice every one of them."""

from __future__ import annotations

from collections.abc import Iterable

from model_store.scoring import Scorer
from stream_app.contract.segment_change import Cause
from stream_app.core.adoption import Adoption
from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.entry import Entry
from stream_app.core.inbound import Inbound
from stream_app.core.instants import NO_CLOCK
from stream_app.core.model_switch import ModelSwitch
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import Chunk
from stream_app.core.rules import Rules


def _waits(customer: Customer) -> bool:
    """Tell whether history is still to be scored: that is done right by all of them."""
    return customer.waits_since != NOT_WAITING


class ClockOfTheChunk(Chunk):
    """Moves the clock to the chunk's newest order before the first one is taken."""

    def process(self, records: Iterable[Inbound]) -> None:
        read = list(records)
        if not any(inbound.is_history for inbound in read):
            orders = [inbound.order for inbound in read if inbound.order is not None]
            self._clock.advance(max((order.entry.ordered_at for order in orders), default=NO_CLOCK))
        super().process(read)


class TimersAfterTheRecords(Chunk):
    """Fires nobody's boundaries while it takes records, and everybody's afterwards."""

    _is_reading = False

    def process(self, records: Iterable[Inbound]) -> None:
        self._is_reading = True
        super().process(records)
        self._is_reading = False
        self.fire(list(self.outcome.touched))

    def _settle(self, customer: Customer) -> None:
        if not self._is_reading or _waits(customer):
            super()._settle(customer)


class TimersAfterARecordOfTheirInstant(TimersAfterTheRecords):
    """Fires a boundary after the record that has the same instant."""

    def _settle(self, customer: Customer) -> None:
        is_earlier = customer.due_at is not None and customer.due_at < self._clock.instant
        if not self._is_reading or _waits(customer) or is_earlier:
            Chunk._settle(self, customer)


class OneFiringAJump(Chunk):
    """Lets a customer jump to the clock at once, however many boundaries lie in between."""

    def _settle(self, customer: Customer) -> None:
        if _waits(customer):
            super()._settle(customer)
        if customer.due_at is not None and customer.due_at <= self._clock.instant:
            is_gone, _ = customer.rfm.advance(self._clock.instant, self._measure.window)
            cause: Cause = "expiry" if is_gone else "aging"
            self._evaluate(customer, cause, self._measure)
            self._touch(customer)


class LateOrdersAtTheirOwnTime(Chunk):
    """Evaluates a late order when it, or the newest purchase, was placed, instead of at the clock."""

    def _fold(self, customer: Customer, entry: Entry) -> None:
        super()._fold(customer, entry)
        customer.rfm.as_of = min(customer.rfm.as_of, max(entry.ordered_at, customer.rfm.last_purchase() or 0))


class ExpiryAfterEquality(Chunk):
    """Lets an order count when the window's length has passed exactly."""

    def __init__(
        self,
        progress: Progress,
        customers: dict[str, Customer],
        scorer: Scorer,
        rules: Rules,
        switch: ModelSwitch | None = None,
        adoption: Adoption | None = None,
    ) -> None:
        super().__init__(progress, customers, scorer, rules, switch, adoption)
        window = self._measure.window
        assert window is not None
        self._measure = self._measure._replace(window=window + 1)


WRONG_CHUNKS = (
    ClockOfTheChunk,
    TimersAfterTheRecords,
    TimersAfterARecordOfTheirInstant,
    OneFiringAJump,
    LateOrdersAtTheirOwnTime,
    ExpiryAfterEquality,
)
