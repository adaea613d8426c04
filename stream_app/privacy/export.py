"""Everything that is held of one person, for the person: from Redis, and from the topics as far as they reach back."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from math import isinf
from typing import Any

import msgspec
from msgspec import Struct

from stream_app.contract.dead_letter import CODE_HEADER
from stream_app.contract.order import MONEY_SCALE
from stream_app.contract.segment_change import HistoryStep, decode_step
from stream_app.core.customer import Customer
from stream_app.core.entry import Entry
from stream_app.core.features import Features
from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.partitioner import partition_of
from stream_app.core.standing import stands_since
from stream_app.core.summary import DaySum
from stream_app.lookup import Lookup
from stream_app.privacy.keyed import records_of
from stream_app.settings import Settings

Say = Callable[[str], None]


class KeptOrder(Struct, frozen=True):
    """One order as the state keeps it."""

    order_id: str
    revision: int
    ordered_at: str
    type: str
    returns: str | None
    amount: float
    """Currency units."""
    products: dict[str, int]
    """Quantities by product."""


class SummedDay(Struct, frozen=True):
    """The oldest orders of a large customer, as one day's sum; without a window one sum for all days."""

    day: str
    amount: float
    purchases: int
    products: dict[str, int]
    products_without_name: int


class KeptFeatures(Struct, frozen=True):
    """The four numbers a customer is scored on."""

    recency_days: int
    frequency: int
    monetary: float
    unique_products: int


class State(Struct, frozen=True):
    """What the workers know of the person."""

    as_of: str
    segment: str | None
    segment_name: str | None
    since: str | None
    sequence: int
    due_at: str | None
    """When time alone will move the person."""
    model_version: str | None
    features: KeptFeatures | None
    history: list[HistoryStep]
    orders: list[KeptOrder]
    day_sums: list[SummedDay]
    summed_order_hashes: int
    """So many ids of summed orders are kept as 64-bit hashes."""


class Shown(Struct, frozen=True):
    """What stands in Redis."""

    fields: dict[str, str]
    """Of the person's hash, without the state in its own format."""
    indexes: dict[str, str]
    """Sorted sets that list the person, each with the instant by which it does; `never`: none will come."""


class Found(Struct, frozen=True, omit_defaults=True):
    """A record of a topic whose key is the person's id."""

    offset: int
    written_at: str
    value: Any
    headers: dict[str, str]
    code: str = ""
    """Of a dead letter: why it was refused."""


class Export(Struct, frozen=True):
    """What `segstream export` writes."""

    customer_id: str
    is_known: bool
    """False: nothing at all is held."""
    is_blocked: bool | None
    """Whether later orders are dropped; null: there is no erasure key here to find out by."""
    currency: str
    partition: int | None
    state: State | None
    redis: Shown | None
    orders: list[Found] | None
    """Null: the topics were left out."""
    changes: list[Found] | None
    dead_letters: list[Found] | None


def export(settings: Settings, customer_id: str, *, with_topics: bool = True, say: Say = lambda _: None) -> Export:
    """Return what is held of a person."""
    lookup = Lookup(settings)
    customer = lookup.customer(customer_id)
    count = lookup.partition_count()
    partition = partition_of(customer_id.encode(), count, settings.key_partitioner) if count else None
    orders = changes = letters = None
    if with_topics:
        topics = settings.topics
        orders, changes, letters = (
            _found(records_of(settings, topic, customer_id, partition, say))
            for topic in (topics.orders, topics.changes, topics.dead_letters)
        )
    is_blocked = _is_blocked(settings, lookup, customer_id, count)
    shown = _shown(lookup, customer_id, count, customer)
    return Export(
        customer_id=customer_id,
        is_known=any((customer, shown, is_blocked, orders, changes, letters)),
        is_blocked=is_blocked,
        currency=settings.currency,
        partition=partition,
        state=None if customer is None else state_of(customer),
        redis=shown,
        orders=orders,
        changes=changes,
        dead_letters=letters,
    )


def state_of(customer: Customer) -> State:
    """Return a state in words and currency units."""
    rfm, summary, since = customer.rfm, customer.rfm.summary, stands_since(customer)
    held = [rfm.held.get(order_id) for order_id in reversed(rfm.held.newest_ids(len(rfm.held)))] if rfm.held else []
    return State(
        as_of=rfc3339(max(0, rfm.as_of)),
        segment=customer.segment or None,
        segment_name=customer.segment_name or None,
        since=None if since is None else rfc3339(since),
        sequence=customer.sequence,
        due_at=None if customer.due_at is None else rfc3339(customer.due_at),
        model_version=customer.model_version or None,
        features=None if customer.features is None else _features(customer.features),
        history=[decode_step(step) for step in customer.history],
        orders=[_order(entry) for entry in held],
        day_sums=[] if summary is None else [_day(day) for day in summary.days],
        summed_order_hashes=0 if summary is None else len(summary.ids),
    )


def _features(found: Features) -> KeptFeatures:
    return KeptFeatures(found.recency_days, found.frequency, found.monetary / MONEY_SCALE, found.unique_products)


def _order(entry: Entry) -> KeptOrder:
    return KeptOrder(
        order_id=entry.order_id,
        revision=entry.revision,
        ordered_at=rfc3339(entry.ordered_at),
        type="return" if entry.is_return else "order",
        returns=entry.returns,
        amount=entry.amount / MONEY_SCALE,
        products=dict(entry.products),
    )


def _day(day: DaySum) -> SummedDay:
    return SummedDay(
        day=rfc3339(day.day * DAY_US)[:10],
        amount=day.amount / MONEY_SCALE,
        purchases=day.purchases,
        products=day.products,
        products_without_name=day.nameless_products,
    )


def _shown(lookup: Lookup, customer_id: str, count: int, customer: Customer | None) -> Shown | None:
    fields = lookup.fields(customer_id)
    segments = lookup.segment_ids(count)
    places = lookup.places(customer_id, count, segments)
    indexes = {key: "never" if isinf(score) else rfc3339(int(score)) for key, score in places.items()}
    return Shown(fields, indexes) if fields or indexes or customer else None


def _is_blocked(settings: Settings, lookup: Lookup, customer_id: str, count: int) -> bool | None:
    key = settings.erasure
    if key is None:
        return None
    hash_ = key.hash_of(customer_id)
    return any(block and not block.is_lifted for block in lookup.blocks([(each, hash_) for each in range(count)]))


def _found(records: Iterable[Any]) -> list[Found]:
    found = []
    for record in records:
        headers = {name: _text(value) for name, value in record.headers() or []}
        found.append(
            Found(
                offset=record.offset(),
                written_at=rfc3339(record.timestamp()[1] * 1_000),
                value=_value(record.value()),
                headers=headers,
                code=headers.get(CODE_HEADER, ""),
            )
        )
    return found


def _value(value: bytes | None) -> Any:
    """Return JSON as what it says, other text as it is, and anything else in base64."""
    if value is None:
        return None
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return _text(value)


def _text(value: bytes | str | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()
