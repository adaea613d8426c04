"""Redis as a partition's store: what somebody else broke is noticed, and never written over."""

from __future__ import annotations

import pytest
from redis import Redis

from stream_app.core.state_record import read_header
from stream_app.local.valkey import LocalRedis
from stream_app.settings import load_settings
from stream_app.worker.rows import LOOK_UP, NEW, Before, Row, row_of
from stream_app.worker.store import Lease, PartitionLost, Store
from tests.builders import a_driver, a_record, an_order_json

CUSTOMER_KEY = "customer:C1"


def a_row(orders: int, before: Before | None) -> Row:
    """Return the customer's state after so many orders."""
    driver = a_driver()
    driver.run([a_record(an_order_json(order_id=f"O{n}"), offset=n) for n in range(orders)])
    record = driver.states["C1"]
    return row_of(read_header(record), record, before)


class Partition:
    """One partition of a worker's."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.lease = Lease(0, "mine")
        store.claim(self.lease)

    def apply(self, row: Row, position: int) -> None:
        self.store.apply(self.lease, [row], position=position, source_position=position, meta=b"{}", customers=1)


@pytest.fixture
def partition(valkey: LocalRedis, fresh_redis: Redis) -> Partition:
    return Partition(Store(load_settings(redis_url=valkey.url)))


def test_a_retried_write_does_nothing(partition: Partition, fresh_redis: Redis) -> None:
    partition.apply(a_row(1, NEW), 5)
    partition.lease.mark = partition.lease.mark._replace(position=0)

    partition.apply(a_row(2, None), 5)

    assert fresh_redis.hget(CUSTOMER_KEY, "frequency") == b"1"


@pytest.mark.parametrize(
    "before", [None, Before("s4", may_be_new=False), LOOK_UP], ids=["unmoved", "moved", "restored"]
)
def test_a_customer_whose_hash_was_deleted_is_damage(
    partition: Partition, fresh_redis: Redis, before: Before | None
) -> None:
    partition.apply(a_row(1, NEW), 5)
    fresh_redis.delete(CUSTOMER_KEY)

    with pytest.raises(PartitionLost) as caught:
        partition.apply(a_row(2, before), 6)

    assert caught.value.is_damaged


def test_who_is_due_is_counted_up_to_the_clock(partition: Partition) -> None:
    row = a_row(1, NEW)
    due_at = int(str(row[0][1]))
    partition.apply(row, 5)

    assert partition.store.check(partition.lease, 0, due_at - 1).due == 0
    assert partition.store.check(partition.lease, 0, due_at).due == 1


def test_a_restored_customer_leaves_the_segment_that_redis_showed(partition: Partition, fresh_redis: Redis) -> None:
    partition.apply(a_row(1, NEW), 5)
    fresh_redis.hset(CUSTOMER_KEY, "segment", "s9")
    fresh_redis.zadd("segment:s9:customers:0", {"C1": 1})

    partition.apply(a_row(2, LOOK_UP), 6)

    assert fresh_redis.exists("segment:s9:customers:0") == 0
    segment = fresh_redis.hget(CUSTOMER_KEY, "segment").decode()
    assert fresh_redis.zrange(f"segment:{segment}:customers:0", 0, -1) == [b"C1"]
