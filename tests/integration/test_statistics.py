"""Sizes, money and migrations by day equal a recount of what was published, after a crash and a wiped Redis too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from confluent_kafka import Producer
from msgspec.structs import replace

from stream_app.core.errors import OutageError, UsageError
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from stream_app.segments import read_sizes
from stream_app.settings import load_settings
from stream_app.statistics import SegmentTotals, Statistics
from stream_app.worker.kafka_config import plain_producer
from stream_app.worker.meta import META_KEY, encode_meta
from tests.integration.deployment import Deployment
from tests.integration.results import Change
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for

PARTITIONS = 3
LOG = a_log(PARTITIONS, orders=1_200, customers=80)
HEAD = len(LOG) // 2

Changes = dict[str, list[Change]]


@pytest.fixture(scope="module")
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment whose worker was killed in the middle, and whose Redis was emptied."""
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("statistics")) as deployment:
        deployment.create(PARTITIONS).send(LOG)
        deployment.worker(kill_at="mid_apply:2").wait_hit()
        empty_redis(deployment)
        deployment.run_to_end()
        yield deployment


def empty_redis(deployment: Deployment) -> None:
    keys = list(deployment.redis.scan_iter(f"{deployment.settings.redis_prefix}*", 1_000))
    assert deployment.redis.delete(*keys) == len(keys)


def segment_of(place: dict[str, str] | None) -> str:
    return place["id"] if place else ""


def day_of(change: Change) -> date:
    return date.fromisoformat(change["as_of"][:10])


def sizes_at(changes: Changes, day: date) -> Counter[str]:
    """Count by segment who was in one at the end of a day."""
    last = [[change for change in mine if day_of(change) <= day] for mine in changes.values()]
    return Counter(segment_of(mine[-1]["to"]) for mine in last if mine and mine[-1]["to"])


def migrations_between(changes: Changes, first: date, last: date) -> Counter[tuple[str, str, str]]:
    return Counter(
        (segment_of(change["from"]), segment_of(change["to"]), change["cause"])
        for mine in changes.values()
        for change in mine
        if first <= day_of(change) <= last
    )


def shown_by(hashes: dict[str, dict[bytes, bytes]]) -> dict[str, SegmentTotals]:
    """Add up the hashes of everybody who was ever scored."""
    found: dict[str, SegmentTotals] = {}
    for fields in hashes.values():
        if fields[b"model_version"]:
            segment = fields[b"segment"].decode()
            customers, money = found.get(segment, SegmentTotals(0, 0))
            more = int(Decimal(fields[b"monetary"].decode()) * 10_000) if segment else 0
            found[segment] = SegmentTotals(customers + 1, money + more)
    return found


def without_nobody(totals: dict[str, SegmentTotals]) -> dict[str, SegmentTotals]:
    return {id_: each for id_, each in totals.items() if any(each)}


def test_totals_are_what_the_customers_in_redis_add_up_to(deployment: Deployment) -> None:
    found = Statistics(deployment.settings).totals()

    expected = shown_by(deployment.results().hashes)
    assert without_nobody(found) == expected
    assert len(expected) > 3


def test_sizes_of_earlier_days_equal_a_recount_of_the_changes(deployment: Deployment) -> None:
    statistics, changes = Statistics(deployment.settings), deployment.changes()
    today = statistics.today()
    assert today is not None

    for days in (0, 7, 30, 90, 400, 1_000):
        day = today - timedelta(days=days)
        found = {id_: each.customers for id_, each in statistics.totals(day).items() if id_ and each.customers}
        assert found == sizes_at(changes, day), day
    assert today > max(day_of(change) for mine in changes.values() for change in mine)


def test_migrations_equal_a_recount_of_the_changes(deployment: Deployment) -> None:
    statistics, changes = Statistics(deployment.settings), deployment.changes()
    days = sorted(day_of(change) for mine in changes.values() for change in mine)

    middle = days[len(days) // 2]
    for first, last in ((days[0], days[-1]), (middle, middle), (middle, middle + timedelta(days=30))):
        assert statistics.migrations(first, last) == migrations_between(changes, first, last)
    assert len(migrations_between(changes, days[0], days[-1])) > 20


def test_the_command_shows_the_same_figures_beside_earlier_ones(deployment: Deployment) -> None:
    statistics = Statistics(deployment.settings)
    sizes = read_sizes(deployment.settings, 90)

    assert [(each.id, each.customers, round(each.revenue * 10_000)) for each in sizes.segments] == [
        (id_, *statistics.totals()[id_]) for id_ in ("s1", "s2", "s3", "s4")
    ]
    earlier = statistics.totals(sizes.earlier_day)
    assert [each.earlier and each.earlier.customers for each in sizes.segments] == [
        earlier[id_].customers for id_ in ("s1", "s2", "s3", "s4")
    ]
    assert sizes.lapsed == statistics.totals()[""].customers > 0


def test_money_of_a_day_is_what_the_orders_up_to_it_left(
    deployment: Deployment, kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    """Half of the log alone ends where the whole of it once was."""
    with Deployment(kafka, valkey, tmp_path) as half:
        half.create(PARTITIONS).send(LOG[:HEAD])
        half.run_to_end()
        first_clock = min(half.shown.clocks())
        then = Statistics(half.settings)
        day = date(1970, 1, 1) + timedelta(days=first_clock // 86_400_000_000 - 1)

        earlier = without_nobody(then.totals(day))

    assert without_nobody(Statistics(deployment.settings).totals(day)) == earlier
    assert sum(each.monetary for each in earlier.values()) > 0


def has_figures(statistics: Statistics) -> bool:
    try:
        statistics.totals()
    except OutageError:
        return False
    return True


@pytest.mark.long
def test_figures_begin_anew_behind_a_version_that_kept_none(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(PARTITIONS).send(LOG[:HEAD])
        deployment.run_to_end()
        write_meta_of_an_earlier_version(deployment)
        empty_redis(deployment)

        worker, statistics = deployment.worker(), Statistics(deployment.settings)
        deployment.wait_done()
        # The counted totals follow the takeover in a transaction of their own.
        wait_for("every partition has figures", lambda: has_figures(statistics), said=worker.testimony)
        assert worker.terminate() == 0, worker.said()
        since, counted = statistics.since(), statistics.totals()
        assert counted == statistics.totals(statistics.today())
        assert without_nobody(counted) == shown_by(deployment.results().hashes)

        deployment.send(LOG[HEAD:])
        deployment.run_to_end("w1")
        assert since is not None
        assert statistics.since() == since
        assert statistics.totals(since - timedelta(days=1)) == {}
        changes, today = deployment.changes(), statistics.today()
        assert today is not None
        first = since + timedelta(days=1)
        assert statistics.migrations(first, today) == migrations_between(changes, first, today)
        sizes = {id_: each.customers for id_, each in statistics.totals(first).items() if id_ and each.customers}
        assert sizes == sizes_at(changes, first)
        with pytest.raises(UsageError):
            statistics.migrations(since, today)


def write_meta_of_an_earlier_version(deployment: Deployment) -> None:
    """Append to every partition's changelog what a worker without figures would have written last."""
    producer = Producer(plain_producer(deployment.settings, "test"))
    for partition in range(PARTITIONS):
        meta = deployment.shown.meta(partition)
        assert meta is not None
        earlier = encode_meta(replace(meta, figures_since=None))
        producer.produce(deployment.topics.state, earlier, META_KEY, partition)
    assert producer.flush(30) == 0


def test_a_partition_that_is_being_rebuilt_is_never_left_out(deployment: Deployment) -> None:
    key, statistics = deployment.shown.key("partition", 1), Statistics(deployment.settings)
    held = deployment.redis.hget(key, "customers")

    deployment.redis.hset(key, "customers", -1)
    try:
        with pytest.raises(OutageError) as caught:
            statistics.totals()
    finally:
        deployment.redis.hset(key, "customers", held)

    assert caught.value.code == "STATISTICS_AWAY"


def test_a_redis_that_is_away_is_named() -> None:
    settings = load_settings(redis_url=f"redis://127.0.0.1:{free_ports(1)[0]}")

    with pytest.raises(OutageError) as caught:
        Statistics(settings).today()

    assert caught.value.code == "REDIS_AWAY"


def test_nothing_is_known_before_the_first_worker(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        statistics = Statistics(deployment.settings)

        assert statistics.today() is None
        assert statistics.totals() == {}
        assert statistics.totals(date(2025, 1, 1)) == {}
        assert statistics.migrations(date(2025, 1, 1), date(2025, 1, 2)) == {}
