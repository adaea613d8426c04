"""Redis as a partition's store: what somebody else broke is noticed, and never written over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis import Redis

from stream_app.core.state_record import read_header
from stream_app.local.valkey import LocalRedis
from stream_app.settings import load_settings
from stream_app.worker.rows import LOOK_UP, NEW, Before, Figure, Row, row_of
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

    def apply(self, row: Row, position: int, *figures: Figure) -> None:
        self.store.apply(
            self.lease, [row], position=position, source_position=position, meta=b"{}", customers=1, figures=figures
        )

    def check_figures(self, *names: str) -> None:
        self.store.check(self.lease, 0, 0, figures=names)


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


DAY = "stats:2025-06-01"
DAY_KEY = "stats:2025-06-01:0"
A_DAY: Figure = (DAY, ["moved::s1:order", "1", "monetary:s1", "90071992547409931"])
A_LATER_DAY: Figure = (DAY, [*A_DAY[1], "newcomers", "1"])
SOME_TOTALS: Figure = ("totals", ["customers:s1", "1"])

DAMAGES: dict[str, Callable[[Redis], object]] = {
    "deleted": lambda client: client.delete(DAY_KEY),
    "a field too few": lambda client: client.hdel(DAY_KEY, "moved::s1:order"),
    "a field too many": lambda client: client.hset(DAY_KEY, "moved::s9:order", 4),
    "another type": lambda client: client.delete(DAY_KEY) and client.set(DAY_KEY, "?"),
}


def test_figures_stand_in_redis_to_the_last_digit_and_are_read_back(partition: Partition, fresh_redis: Redis) -> None:
    partition.apply(a_row(1, NEW), 5, A_DAY, SOME_TOTALS)

    assert fresh_redis.hget(DAY_KEY, "monetary:s1") == b"90071992547409931"
    found = partition.store.figures(partition.lease, "")
    assert found == {DAY: {"moved::s1:order": 1, "monetary:s1": 90_071_992_547_409_931}, "totals": {"customers:s1": 1}}
    assert list(partition.store.figures(partition.lease, DAY)) == ["totals"]
    assert partition.store.figures(partition.lease, "totals") == {}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_figures_are_noticed(partition: Partition, fresh_redis: Redis, damage: str) -> None:
    partition.apply(a_row(1, NEW), 5, A_DAY)
    partition.check_figures(DAY, "stats:2025-06-02")

    DAMAGES[damage](fresh_redis)

    for find in (lambda: partition.check_figures(DAY), lambda: partition.store.figures(partition.lease, "")):
        with pytest.raises(PartitionLost) as caught:
            find()
        assert caught.value.is_damaged


def test_figures_that_somebody_else_added_to_are_not_written_over(partition: Partition, fresh_redis: Redis) -> None:
    partition.apply(a_row(1, NEW), 5, A_DAY)
    fresh_redis.hset(DAY_KEY, "moved::s9:order", 4)

    with pytest.raises(PartitionLost) as caught:
        partition.apply(a_row(2, None), 6, A_LATER_DAY)

    assert caught.value.is_damaged


def test_a_wipe_takes_the_figures_along(partition: Partition, fresh_redis: Redis) -> None:
    partition.apply(a_row(1, NEW), 5, A_DAY, SOME_TOTALS)

    while not partition.store.wipe(partition.lease):
        pass

    assert fresh_redis.keys("*") == [b"partition:orders.v1:0"]
