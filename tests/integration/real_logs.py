"""Two real shops' orders as the logs of partitions: nine months of history, three months live, and the time after.

DuckDB reads the shops' files; the product only trains the model and tells the partition of a key.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import NamedTuple
from zlib import crc32

import duckdb
import pytest

from model_store.segment_model import SegmentModel
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.history.completejourney import completejourney_path
from stream_app.history.reading import open_history
from tests.builders import a_record_of, an_instant
from tests.integration.recount import COMPLETEJOURNEY, ONLINE_RETAIL
from tests.integration.shop import Sent
from tests.oracle import DAY, Fact
from trainer.train import TrainingPlan, learn

PARTITIONS = 4
ONE_BY_ONE = """
    SELECT customer, number, ordered, is_purchase, list(product), list(pieces), list(CAST(money AS BIGINT))
    FROM ({lines}) WHERE list_contains($kept, customer) GROUP BY ALL ORDER BY ordered, number, customer
"""
EVERYBODY = "SELECT DISTINCT customer FROM ({lines})"
TRAINED_AT = datetime(2026, 1, 1, tzinfo=UTC)


class Shop(NamedTuple):
    """A file, how it is read, and where its first nine months end."""

    name: str
    lines: str
    cut: int


SHOPS = {
    "completejourney": Shop("completejourney", COMPLETEJOURNEY, an_instant("2017-10-01T00:00:00Z")),
    "online-retail": Shop("online-retail", ONLINE_RETAIL, an_instant("2011-09-01T00:00:00Z")),
}


class Scene(NamedTuple):
    """One way in which a shop's orders may come."""

    shop: str
    window_days: int | None
    returns: str = "as in the file"
    arrival: str = "in order"
    times: str = "exact"

    @property
    def window(self) -> int | None:
        """The window in microseconds."""
        return None if self.window_days is None else self.window_days * DAY


def file_of(shop: str) -> Path:
    """Return a shop's file, or skip with the reason; in CI it has to be there."""
    if shop == "completejourney":
        return completejourney_path()
    named = os.environ.get("SEGSTREAM_UCI_PARQUET")
    if named:
        return Path(named)
    assert not os.environ.get("CI"), "SEGSTREAM_UCI_PARQUET must name the UCI Online Retail parquet file in CI"
    pytest.skip("SEGSTREAM_UCI_PARQUET does not name the UCI Online Retail parquet file")


@lru_cache
def trained(shop: str, window_days: int | None) -> SegmentModel:
    """Return the model of a shop's first nine months."""
    path = file_of(shop)
    plan = TrainingPlan(path, shop, k=4, window_days=window_days, as_of_us=SHOPS[shop].cut)
    with open_history(path, shop) as history:
        return learn(history, plan, trained_at=TRAINED_AT)


@lru_cache(maxsize=4)
def orders(shop: str, one_of: int = 1) -> tuple[Fact, ...]:
    """Return the orders of one in so many of a shop's customers, in the order of their time."""
    lines, values = SHOPS[shop].lines, {"file": str(file_of(shop))}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        everybody = [name for (name,) in connection.execute(EVERYBODY.format(lines=lines), values).fetchall()]
        kept = [name for name in everybody if crc32(name.encode()) % one_of == 0]
        rows = connection.execute(ONE_BY_ONE.format(lines=lines), {**values, "kept": kept}).fetchall()
    return tuple(
        Fact(at, customer, number, tuple(zip(*columns, strict=True)), not is_purchase, timestamp=at)
        for customer, number, at, is_purchase, *columns in rows
    )


def log_of(scene: Scene, *, one_of: int = 1, closing_days: Iterable[int] = (1, 30, 400)) -> list[list[Fact]]:
    """Return every partition's log for one in so many of the customers; ticks close it, so many days after the end."""
    dice = Random(crc32(repr(scene).encode()))
    kept = RETURNS[scene.returns](list(orders(scene.shop, one_of)), dice)
    cut, end = SHOPS[scene.shop].cut, max(fact.at for fact in kept)
    arrived = ARRIVALS[scene.arrival](kept, dice)
    if scene.times == "dates":
        arrived = [fact._replace(at=fact.at // DAY * DAY) for fact in arrived]
    logs: list[list[Fact]] = [[] for _ in range(PARTITIONS)]
    for fact in (fact._replace(is_history=True) for fact in arrived if fact.timestamp < cut):
        logs[_partition(fact.customer)].append(fact)
    for log in logs:
        log.append(Fact(cut))
    for fact in (fact for fact in arrived if fact.timestamp >= cut):
        logs[_partition(fact.customer)].append(fact)
    for log in logs:
        log += [Fact((end // DAY + days) * DAY) for days in closing_days]
    return logs


def sent(logs: Iterable[Iterable[Fact]]) -> list[Sent]:
    """Return the records of every partition, to be sent to a real Kafka."""
    records = ((partition, a_record_of(fact)) for partition, log in enumerate(logs) for fact in log)
    return [Sent(partition, record.key(), record.value(), record.headers_) for partition, record in records]


@lru_cache(maxsize=10_000)
def _partition(customer: str) -> int:
    found = partition_of(customer.encode(), PARTITIONS, Partitioner.MURMUR2)
    assert found is not None
    return found


def _as_they_are(facts: list[Fact], dice: Random) -> list[Fact]:
    return facts


def _unlinked(facts: list[Fact], dice: Random) -> list[Fact]:
    """Keep the file's returns; a shop without any is given some that name no purchase."""
    if any(fact.is_return for fact in facts):
        return facts
    return [fact._replace(returns=None) for fact in _given_back(facts, dice)]


def _linked(facts: list[Fact], dice: Random) -> list[Fact]:
    """Let each return name the customer's newest earlier purchase that it fits, if there is one."""
    if not any(fact.is_return for fact in facts):
        return _given_back(facts, dice)
    bought: dict[str, list[Fact]] = defaultdict(list)
    linked = []
    for fact in facts:
        if fact.is_return:
            purchase = next((each for each in reversed(bought[fact.customer]) if _fits(fact, each)), None)
            linked.append(fact._replace(returns=purchase and purchase.order_id))
        else:
            bought[fact.customer].append(fact)
            linked.append(fact)
    return linked


def _fits(back: Fact, purchase: Fact) -> bool:
    left: dict[str, int] = defaultdict(int)
    for product, quantity, _ in purchase.lines:
        left[product] += quantity
    for product, quantity, _ in back.lines:
        left[product] -= quantity
    return min(left.values()) >= 0


def _given_back(facts: list[Fact], dice: Random) -> list[Fact]:
    """Let every twentieth purchase come back within 40 days, half of them whole."""
    back = []
    for fact in facts:
        if dice.random() < 0.05:
            at = fact.at + dice.randrange(1, 40 * DAY)
            lines = fact.lines if dice.random() < 0.5 else fact.lines[: 1 + len(fact.lines) // 2]
            back.append(Fact(at, fact.customer, f"{fact.order_id}-R", lines, True, fact.order_id, timestamp=at))
    last = facts[-1].at
    return sorted([*facts, *(fact for fact in back if fact.at <= last)], key=lambda fact: (fact.at, fact.order_id))


def _late(facts: list[Fact], dice: Random) -> list[Fact]:
    """Let a third come up to three days late, some much later, some twice, and some be corrected."""
    coming = []
    for fact in facts:
        luck = dice.random()
        delay = dice.randrange(3 * DAY) if luck < 0.3 else dice.randrange(80 * DAY) if luck < 0.33 else 0
        coming.append(fact._replace(timestamp=fact.at + delay))
        if dice.random() < 0.05:
            coming.append(fact._replace(timestamp=fact.at + delay + dice.randrange(10 * DAY)))
        if dice.random() < 0.01:
            corrected = fact._replace(revision=1, lines=fact.lines[1:])
            coming.append(corrected._replace(timestamp=fact.at + dice.randrange(30 * DAY)))
    return sorted(coming, key=lambda fact: (fact.timestamp, fact.order_id, fact.revision))


Arrange = Callable[[list[Fact], Random], list[Fact]]
RETURNS: dict[str, Arrange] = {"as in the file": _as_they_are, "unlinked": _unlinked, "linked": _linked}
ARRIVALS: dict[str, Arrange] = {"in order": _as_they_are, "late": _late}
