"""Exactly once: whatever dies, and wherever, readers cannot tell the run from an undisturbed one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration import scenarios
from tests.integration.deployment import Deployment, undisturbed
from tests.integration.faulty_worker import POINTS
from tests.integration.results import Results, differences
from tests.integration.scenarios import Story, asked_for, told_at_once

IS_LONG = "SEGSTREAM_PROVE" in os.environ

PASSES = {"mid_apply": (1, 2), "claim": (2, 1, 3, 4), "restore": (2, 1, 3)}
USUAL_PASSES = (6, 1, 3, 10, 14)
PLACES = [(p, n) for p in POINTS for n in PASSES.get(p, USUAL_PASSES)[: 5 if IS_LONG else 1]]
SHORT_ZOMBIES = ("mid_apply",)
SHORT_KILLS = ("produce", "commit_sent", "mid_apply", "claim", "restore")
STOPS = [(p, n) for p, n in PLACES if IS_LONG or p in SHORT_ZOMBIES]
KILLS = [(p, n) for p, n in PLACES if IS_LONG or p in SHORT_KILLS]
KILLED: dict[str, Story] = {f"{p}-{n}-killed": (scenarios.killed, p, n) for p, n in KILLS}
STOPPED: dict[str, Story] = {f"{p}-{n}-stopped": (scenarios.stopped, p, n) for p, n in STOPS}
SPECIAL: dict[str, Story] = {
    story.__name__: (story,)
    for story in (
        scenarios.wakes_to_apply_and_dies,
        scenarios.commits_while_another_takes_over,
        scenarios.redis_emptied_before_the_first_read,
        scenarios.a_second_worker_comes_and_the_first_one_goes,
        scenarios.redis_is_flushed,
        scenarios.customers_are_deleted_from_redis,
        scenarios.figures_are_deleted_from_redis,
        scenarios.redis_is_rolled_back,
        scenarios.redis_is_killed,
    )
}
STORIES = SPECIAL | STOPPED | KILLED


@pytest.fixture(scope="module")
def expected(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return undisturbed(kafka, valkey, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, expected: Results, kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Results]]]:
    with told_at_once(kafka, asked_for(request, STORIES), tmp_path_factory) as runs:
        yield runs


def test_the_undisturbed_run_holds_everything_that_can_go_wrong(expected: Results) -> None:
    changes = [change for chain in expected.changes.values() for change in chain]

    assert {change["cause"] for change in changes} == {"order", "return", "correction", "aging", "expiry"}
    assert len(changes) > 500
    assert len({code for _, _, code, _ in expected.dead_letters}) > 3
    assert expected.changelog.keys() == expected.hashes.keys()
    assert len(expected.figures) > 300


@pytest.mark.parametrize("story", STOPPED)
def test_a_stopped_worker_wakes_up_behind_its_successor_and_leaves_no_trace(
    story: str, runs: dict[str, Future[Results]], expected: Results
) -> None:
    found = runs[story].result()

    assert differences(expected, found) == []


@pytest.mark.parametrize("story", KILLED)
def test_a_killed_worker_leaves_no_trace(story: str, runs: dict[str, Future[Results]], expected: Results) -> None:
    found = runs[story].result()

    assert differences(expected, found) == []


@pytest.mark.parametrize("story", SPECIAL)
def test_it_leaves_no_trace_when(story: str, runs: dict[str, Future[Results]], expected: Results) -> None:
    found = runs[story].result()

    assert differences(expected, found) == []


def test_it_leaves_no_trace_when_kafka_is_killed(valkey: LocalRedis, tmp_path: Path, expected: Results) -> None:
    kafka = LocalKafka(tmp_path / "kafka", is_brief=True)
    with kafka, Deployment(kafka, valkey, tmp_path) as deployment:
        found = scenarios.kafka_is_killed(deployment)

    assert differences(expected, found) == []
