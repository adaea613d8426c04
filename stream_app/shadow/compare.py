"""One customer as two namespaces hold them, brought to one instant on paper. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from stream_app.contract.order import MONEY_SCALE
from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.entry import Entry
from stream_app.core.instants import rfc3339
from stream_app.core.measure import Measure
from stream_app.core.rfm import RfmState
from stream_app.core.state_layout import StateHeader
from stream_app.core.state_record import decode_customer, read_header
from stream_app.core.timeline import next_boundary, next_day


class Reason(StrEnum):
    """Why a customer is not the same on both sides."""

    MISSING = "missing on one side"
    LATE = "late orders"
    CORRECTED = "corrected orders"
    SUMMED = "summed orders"
    WINDOW = "other window"
    MODEL = "other model"
    STATE = "damaged state"
    SHOWN = "shown wrongly"


WORDS = {
    Reason.MISSING: "only one side knows the customer",
    Reason.LATE: "an order counts on one side only: it came too late for one, or lies outside its stretch",
    Reason.CORRECTED: "one side has another revision of an order",
    Reason.SUMMED: "both hold the same newest orders, and other sums of those before",
    Reason.WINDOW: "the sides have different windows",
    Reason.MODEL: "the sides are scored by different models",
    Reason.STATE: "a state says what its own orders do not give: it was changed by hand, or is damaged",
    Reason.SHOWN: "a Redis hash shows what its own state does not say",
}


Text = str | float | None


class Values(NamedTuple):
    """What is compared of a customer; texts as people read them."""

    recency_days: int | None = None
    frequency: int = 0
    monetary: float = 0.0
    unique_products: int = 0
    last_purchase: str | None = None
    segment: str | None = None
    valid_until: str | None = None


COUNTED = 5
"""So many of them no model has a part in."""

NOBODY = Values()
"""Somebody of whom nothing counts: a side that does not know them says the same."""


class Difference(NamedTuple):
    """How a customer differs, and why."""

    first: Values
    second: Values
    reason: Reason

    @property
    def fields(self) -> list[str]:
        """The names of what differs."""
        return [name for name, a, b in zip(Values._fields, self.first, self.second, strict=True) if a != b]


class Brought:
    """A customer as a side holds them, and at an instant that is not before their state's own."""

    def __init__(self, record: bytes | None, own: Measure, side: Measure, at: int) -> None:
        """`own` is what scored them, `side` what they are compared by; no record: the side does not know them."""
        self.rfm: RfmState | None = None
        self.values = NOBODY
        self.kept_wrongly: list[tuple[str, Text, Text]] = []
        """What the state keeps, and what it should, where its own orders say something else."""
        if record is None:
            return
        customer, header = decode_customer(record), read_header(record)
        if header.waits_since == NOT_WAITING and header.model_version == own.scorer.version:
            self.kept_wrongly = list(_kept_wrongly(header, _values(customer, own, header.as_of)))
        customer.rfm.advance(at, side.window)
        self.rfm = customer.rfm
        self.values = _values(customer, side, at)

    def orders(self) -> dict[str, Entry]:
        """Return what is held one by one."""
        held = None if self.rfm is None else self.rfm.held
        return {} if held is None else {order_id: held.get(order_id) for order_id in held.newest_ids(len(held))}


def _kept_wrongly(header: StateHeader, right: Values) -> Iterator[tuple[str, Text, Text]]:
    due = None if header.due_at is None else rfc3339(header.due_at)
    kept: list[tuple[str, Text, Text]] = [
        ("segment", header.segment or None, right.segment), ("valid_until", due, right.valid_until)
    ]  # fmt: skip
    if right.last_purchase is not None:
        last = None if header.last_purchase is None else rfc3339(header.last_purchase)
        kept += [
            ("frequency", header.frequency, right.frequency),
            ("monetary", header.monetary / MONEY_SCALE, right.monetary),
            ("unique_products", header.unique_products, right.unique_products),
            ("last_purchase", last, right.last_purchase),
        ]
    return (each for each in kept if each[1] != each[2])


def _values(customer: Customer, side: Measure, at: int) -> Values:
    rfm, scorer = customer.rfm, side.scorer
    features, segment, day = rfm.features(at), None, None
    if features is not None:
        scores = scorer.without_recency(features.frequency, features.monetary, features.unique_products)
        index = scorer.nearest(scores, features.recency_days)
        day = next_day(scores, scorer.recency_weights, index, features.recency_days)
        segment = scorer.ids[index]
    due = next_boundary(rfm, side.window, day)
    until = None if due is None else rfc3339(due)
    if features is None:
        return Values(valid_until=until)
    last = rfm.last_purchase()
    return Values(
        features.recency_days, features.frequency, features.monetary / MONEY_SCALE, features.unique_products,
        None if last is None else rfc3339(last), segment, until,
    )  # fmt: skip


def compare(one: Brought, other: Brought, sides: tuple[Measure, Measure], at: int) -> Difference | None:
    """Return how a customer differs who was brought to the same instant on both sides; None: they do not."""
    if one.values == other.values:
        return None
    return Difference(one.values, other.values, _reason(one, other, sides, at))


def _reason(one: Brought, other: Brought, sides: tuple[Measure, Measure], at: int) -> Reason:
    if one.rfm is None or other.rfm is None:
        return Reason.MISSING
    windows = [side.window for side in sides]
    orders = _within(one.orders(), windows, at), _within(other.orders(), windows, at)
    if orders[0].keys() != orders[1].keys():
        return Reason.LATE
    if any(_is_other(entry, orders[1][order_id]) for order_id, entry in orders[0].items()):
        return Reason.CORRECTED
    if windows[0] != windows[1]:
        return Reason.WINDOW
    return _reason_beyond_orders(one, other, sides) if orders[0] == orders[1] else Reason.STATE


def _reason_beyond_orders(one: Brought, other: Brought, sides: tuple[Measure, Measure]) -> Reason:
    if _sums(one.rfm) != _sums(other.rfm):
        return Reason.SUMMED
    is_scored_apart = sides[0].scorer.version != sides[1].scorer.version
    is_counted_alike = one.values[:COUNTED] == other.values[:COUNTED]
    return Reason.MODEL if is_scored_apart and is_counted_alike else Reason.STATE


def _within(orders: dict[str, Entry], windows: list[int | None], at: int) -> dict[str, Entry]:
    """Return the orders that both windows let count."""
    since = max((at - window for window in windows if window is not None), default=-1)
    return {order_id: entry for order_id, entry in orders.items() if entry.ordered_at > since}


def _is_other(first: Entry, second: Entry) -> bool:
    return (first.revision, first.digest) != (second.revision, second.digest)


def _sums(rfm: RfmState | None) -> object:
    return (
        None
        if rfm is None or rfm.summary is None
        else [(day.day, day.amount, day.purchases) for day in rfm.summary.days]
    )
