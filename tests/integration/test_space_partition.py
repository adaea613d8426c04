"""The Space's partition without Kafka: the customers and changes are the core's, and a year can begin anew."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from pydantic import SecretStr
from redis import Redis

from model_store.scoring import Scorer
from stream_app.local.valkey import LocalRedis
from stream_app.lookup import Lookup
from stream_app.settings import Settings, load_settings
from stream_app.space.change_log import ChangeLog
from stream_app.space.partition import Partition, Record
from tests.builders import a_driver, a_model
from tests.integration.shop import Sent, a_log

LOG = a_log(1, orders=600, customers=40)
NOW_MS = 2_000_000_000_000


def records(log: Sequence[Sent]) -> list[Record]:
    return [Record(sent.key, sent.value, list(sent.headers), NOW_MS) for sent in log]


@pytest.fixture
def settings(valkey: LocalRedis, fresh_redis: Redis) -> Settings:
    return load_settings(redis_url=SecretStr(valkey.url), clock="event")


def without_id(value: bytes) -> dict[str, object]:
    """Return a change without what names the deployment."""
    found: dict[str, object] = json.loads(value)
    del found["event_id"]
    return found


@pytest.mark.parametrize("size", [1, 7, 250])
def test_changes_and_customers_are_those_of_the_core_whatever_the_chunks(settings: Settings, size: int) -> None:
    log, model = ChangeLog(), a_model()
    partition, driver = Partition(settings, Scorer(model), log), a_driver(model=model)
    driver.run([record.placed(at) for at, record in enumerate(records(LOG))])
    driver.settle()

    for first in range(0, len(LOG), size):
        partition.take(records(LOG[first : first + size]))

    found: dict[str, list[dict[str, object]]] = {}
    for value in reversed(log.newest(5_000)):
        change = without_id(value)
        found.setdefault(str(change["customer_id"]), []).append(change)
    assert found == {name: [without_id(value) for value in values] for name, values in driver.changes.items()}
    lookup = Lookup(settings)
    assert {name: lookup.record(name) for name in driver.states} == driver.states
    assert partition.end == len(LOG)


def test_a_year_that_begins_anew_knows_nobody_and_its_events_are_others(settings: Settings, fresh_redis: Redis) -> None:
    log = ChangeLog()
    partition = Partition(settings, Scorer(a_model()), log)
    partition.take(records(LOG))
    first = {json.loads(value)["event_id"] for value in log.newest(5_000)}
    known = fresh_redis.keys("customer:*")
    _, end = log.bounds()

    partition.begin()

    assert known
    assert fresh_redis.keys("customer:*") == []
    assert fresh_redis.keys("segment:*") == fresh_redis.keys("stats:*") == fresh_redis.keys("totals:*") == []
    partition.take(records(LOG))
    assert sorted(fresh_redis.keys("customer:*")) == sorted(known)
    again = {json.loads(value)["event_id"] for value in log.newest(log.bounds()[1] - end)}
    assert len(again) == len(first)
    assert again.isdisjoint(first)
