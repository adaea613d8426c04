"""A reader of Redis learns how many partitions there are from any that has done something."""

from __future__ import annotations

import pytest
from redis import Redis

from stream_app.core.clock import Clock
from stream_app.core.outcome import Progress
from stream_app.local.ports import free_ports
from stream_app.lookup import Lookup, counted_windows
from stream_app.settings import Settings, load_settings
from stream_app.statistics import Statistics
from stream_app.worker.meta import AdoptionProgress, SwitchProgress, encode_meta, identity_of, meta_of

PARTITIONS = 12


def settings_of(client: Redis) -> Settings:
    options = client.connection_pool.connection_kwargs
    url = f"redis://{options['host']}:{options['port']}/{options.get('db', 0)}"
    return Settings(_env_file=None, redis_url=url)  # type: ignore[call-arg]


def test_the_first_partition_may_have_nobody(fresh_redis: Redis) -> None:
    identity = identity_of("cluster", "orders", "state", PARTITIONS, 365, "EUR")
    standing = {
        "switch": None, "adoption": None, "swapped": 0, "owing": None, "paused": "", "clock_mode": "event",
        "figures_since": "",
    }  # fmt: skip
    meta = meta_of(Progress(7), identity, control_position=0, model_version="v1", **standing)  # type: ignore[arg-type]
    fresh_redis.hset("partition:orders.v1:7", mapping={"meta": encode_meta(meta), "customers": 0})

    assert Lookup(settings_of(fresh_redis)).partition_count() == PARTITIONS


@pytest.mark.parametrize(("adopted", "window_days"), [(0, 365), (7, 90)], ids=["not gone over", "gone over"])
def test_a_customer_is_counted_by_the_window_of_the_partition_and_not_of_the_settings(
    fresh_redis: Redis, adopted: int, window_days: int
) -> None:
    identity = identity_of("cluster", "orders", "state", 1, 90, "EUR")
    under_way = AdoptionProgress(
        "next", barrier=4, id=7, instant=0, is_quiet=False, is_patient=False, is_silent=False, is_beyond=False,
        walked_due="-inf", walked_id="", old_version="v0", old_window_days=365,
    )  # fmt: skip
    standing = {"switch": None, "swapped": 7, "owing": None, "paused": "", "clock_mode": "event", "figures_since": ""}
    meta = meta_of(
        Progress(0, clock=Clock(5)), identity, control_position=0, model_version="v1", adoption=under_way, **standing
    )  # type: ignore[arg-type]
    fresh_redis.hset("partition:orders.v1:0", mapping={"meta": encode_meta(meta), "customers": 0})

    rules, clock = Lookup(settings_of(fresh_redis)).rules_of("C1", adopted, "v1")

    assert (rules.window_days, clock) == (window_days, 5)


@pytest.mark.parametrize(("scored_by", "window_days"), [("v0", 365), ("v1", 90)], ids=["not gone over", "gone over"])
def test_once_a_swap_to_another_window_was_given_up_a_customer_is_counted_by_that_of_their_model(
    fresh_redis: Redis, scored_by: str, window_days: int
) -> None:
    identity = identity_of("cluster", "orders", "state", 1, 90, "EUR")
    under_way = SwitchProgress("v0", 0, is_quiet=False, walked_due="-inf", walked_id="", old_window_days=365)
    meta = meta_of(
        Progress(0, clock=Clock(5)), identity, control_position=0, model_version="v1", switch=under_way, adoption=None,
        swapped=7, given_up=7, owing=None, paused="", clock_mode="event", figures_since="",
    )  # fmt: skip
    fresh_redis.hset("partition:orders.v1:0", mapping={"meta": encode_meta(meta), "customers": 0})

    rules, _ = Lookup(settings_of(fresh_redis)).rules_of("C1", 0, scored_by)

    assert rules.window_days == window_days


@pytest.mark.parametrize(
    ("written", "windows"),
    [({}, []), ({0: 90, 2: None}, [90, None]), ({0: "of another release"}, [])],
    ids=["nothing", "two partitions", "what nobody can read"],
)
def test_the_windows_that_count_are_those_of_the_partitions_that_were_written(
    fresh_redis: Redis, written: dict[int, object], windows: list[int | None]
) -> None:
    standing = {"switch": None, "adoption": None, "swapped": 0, "owing": None, "clock_mode": "", "figures_since": ""}
    for partition, window_days in written.items():
        raw = b"{}"
        if not isinstance(window_days, str):
            identity = identity_of("cluster", "orders", "state", 4, window_days, "EUR")
            values = {"control_position": 0, "model_version": "v1", "paused": ""} | standing
            raw = encode_meta(meta_of(Progress(partition), identity, **values))  # type: ignore[arg-type]
        fresh_redis.hset(f"partition:orders.v1:{partition}", mapping={"meta": raw})

    assert counted_windows(settings_of(fresh_redis)) == windows


def test_where_no_redis_answers_nobody_knows_by_which_windows_partitions_count() -> None:
    (port,) = free_ports(1)

    assert counted_windows(load_settings(redis_url=f"redis://127.0.0.1:{port}")) == []


def test_nobody_has_been_at_work_yet(fresh_redis: Redis) -> None:
    assert Lookup(settings_of(fresh_redis)).partition_count() == 0
    assert Statistics(settings_of(fresh_redis)).totals() == {}
