"""Looks at the newest orders of every partition, and reads them as a worker would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

import msgspec

from stream_app.contract.dead_letter import Code, Refusal
from stream_app.contract.wire import decode_order
from stream_app.core.erasure import Marker
from stream_app.core.inbound import Tick, Unread, read_record
from stream_app.core.order import Order
from stream_app.core.partitioner import Partitioner
from stream_app.core.rules import Rules
from stream_app.doctor.facts import Bounds, OrderFacts, SampledOrder
from stream_app.doctor.look.log import read_log
from stream_app.settings import Settings

SAMPLE = 200


def look_at_orders(settings: Settings, bounds: Bounds) -> OrderFacts:
    """Return a sample of the newest orders, spread over the partitions."""
    partitions = bounds.partitions
    rules = Rules(
        deployment=settings.deployment,
        orders_topic=settings.topics.orders,
        partitions=partitions,
        window_days=settings.window_days,
        currency=settings.currency,
        partitioner=Partitioner.ANY,
    )
    sample = [order for record in _newest(settings, bounds) for order in _sampled(record, rules)]
    return OrderFacts(tuple(sample), partitions, settings.key_partitioner, settings.currency)


def _newest(settings: Settings, bounds: Bounds) -> Iterator[Any]:
    each = max(1, SAMPLE // bounds.partitions)
    places = enumerate(zip(bounds.starts, bounds.ends, strict=True))
    stretches = {partition: (max(start, end - each), end) for partition, (start, end) in places}
    return read_log(settings, settings.topics.orders, stretches)


def _sampled(record: Any, rules: Rules) -> Iterator[SampledOrder]:
    """Yield the record as a worker reads it; ticks and markers are no orders."""
    inbound = read_record(record, record.partition(), frozenset(), rules)
    timestamp = record.timestamp()[1] * 1_000
    place = {"partition": record.partition(), "key": record.key() or b"", "timestamp": timestamp}
    match inbound.meaning:
        case Order(entry=entry):
            yield SampledOrder(**place, ordered_at=entry.ordered_at, is_history=inbound.is_history)
        case Refusal(code, reason):
            currency = _currency(record.value()) if code is Code.CURRENCY else ""
            yield SampledOrder(**place, code=code.value, reason=reason, currency=currency)
        case Tick() | Marker() | Unread():
            return
        case _:
            assert_never(inbound.meaning)


def _currency(value: bytes) -> str:
    try:
        return decode_order(value).currency or ""
    except msgspec.MsgspecError:
        return ""
