"""`stream_app.client` reads what the worker's own script wrote, and brings nothing along but redis."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from stream_app.client import AsyncSegments, CustomerSegment, Segments, Step
from stream_app.core.state_record import read_header
from stream_app.local.valkey import LocalRedis
from stream_app.settings import load_settings
from stream_app.worker.rows import NEW, row_of
from stream_app.worker.store import Lease, Store
from tests.builders import a_driver, a_model, a_record, a_tick, an_order_json

PREFIX = "shop:"
ORDERED_AT = datetime(2025, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def redis(valkey: LocalRedis, fresh_redis: Redis) -> Redis:
    """One who bought, one with a strange id, and one who lapsed a year ago, as a worker leaves them."""
    driver = a_driver()
    lines = [{"product_id": "P1", "quantity": 3, "amount": 168472.5}]
    orders = [
        an_order_json(customer_id="long ago", ordered_at="2024-05-31T12:00:00Z"),
        an_order_json(lines=lines),
        an_order_json(customer_id="Ünal/日本"),
    ]
    driver.run([a_record(order, offset=at) for at, order in enumerate(orders)])
    driver.run([a_tick("2025-06-01T12:00:01Z", offset=3)])
    driver.settle()
    store, lease = Store(load_settings(redis_url=valkey.url, redis_prefix=PREFIX)), Lease(0, "mine")
    store.claim(lease)
    rows = [row_of(read_header(record), record, NEW) for record in driver.states.values()]
    store.apply(lease, rows, position=5, source_position=4, meta=b"{}", customers=len(rows))
    return fresh_redis


def test_a_customer_is_read_with_every_field_typed(redis: Redis) -> None:
    got = Segments(redis, prefix=PREFIX).get("C1")

    assert got is not None
    assert got == CustomerSegment(
        customer_id="C1",
        segment=got.segment,
        name=got.name,
        since=ORDERED_AT,
        valid_until=got.valid_until,
        recency_at=ORDERED_AT,
        frequency=1,
        monetary=Decimal("168472.5"),
        unique_products=1,
        model_version=a_model().version,
        sequence=1,
        history=(Step(1, ORDERED_AT, None, got.segment, "order"),),
    )
    assert (got.segment, got.name) in {(segment.id, segment.name) for segment in a_model().segments}
    assert got.valid_until is not None
    assert got.valid_until > ORDERED_AT
    assert not got.is_lapsed


def test_one_who_lapsed_is_known_and_in_no_segment(redis: Redis) -> None:
    got = Segments(redis, prefix=PREFIX).get("long ago")

    assert got is not None
    assert got.is_lapsed
    assert (got.segment, got.name, got.recency_at, got.valid_until) == (None, None, None, None)
    assert (got.frequency, got.monetary, got.unique_products) == (0, Decimal(0), 0)
    assert got.history[0].to_segment is None
    assert [step.sequence for step in got.history] == list(range(got.sequence, 0, -1))


def test_nobody_is_none_and_another_prefix_holds_nobody(redis: Redis) -> None:
    assert Segments(redis, prefix=PREFIX).get("nobody") is None
    assert Segments(redis).get("C1") is None


def test_many_come_in_one_round_trip_without_those_who_are_unknown(redis: Redis) -> None:
    segments = Segments(redis, prefix=PREFIX)
    before = redis.info("stats")["total_reads_processed"]

    got = segments.get_many(["Ünal/日本", "nobody", "C1", "C1"])

    assert redis.info("stats")["total_reads_processed"] - before <= 2
    assert list(got) == ["Ünal/日本", "C1"]
    assert got["C1"] == segments.get("C1")
    assert segments.get_many([]) == {}


def test_a_client_that_decodes_and_one_that_awaits_give_the_same(valkey: LocalRedis, redis: Redis) -> None:
    async def awaited() -> CustomerSegment | None:
        async with AsyncRedis.from_url(valkey.url) as client:
            return await AsyncSegments(client, prefix=PREFIX).get("C1")

    expected = Segments(redis, prefix=PREFIX).get("C1")

    with Redis.from_url(valkey.url, decode_responses=True) as decoding:
        assert Segments(decoding, prefix=PREFIX).get("C1") == expected
    assert asyncio.run(awaited()) == expected
    assert expected is not None


def test_importing_it_brings_neither_kafka_nor_faust_nor_anything_of_ours() -> None:
    code = (
        "import sys; import stream_app.client; "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in "
        "{'stream_app', 'model_store', 'trainer', 'redis', 'faust', 'confluent_kafka', 'aiokafka', 'numpy', "
        "'msgspec', 'pydantic', 'typer', 'rich'}))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "['stream_app', 'stream_app.client']"
