"""Exactly once: whatever dies, and wherever, readers cannot tell the run from an undisturbed one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration import scenarios
from tests.integration.deployment import Deployment, undisturbed
from tests.integration.faulty_worker import POINTS
from tests.integration.results import Results, differences

IS_LONG = "SEGSTREAM_PROVE" in os.environ
AT_ONCE = 3
"""Most of a crash is waiting for a session to expire: so many go on at the same time."""

PASSES = {"mid_apply": (1, 2), "claim": (2, 1, 3, 4), "restore": (2, 1, 3)}
USUAL_PASSES = (6, 1, 3, 10, 14)
KILLS = [(p, n) for p in POINTS for n in PASSES.get(p, USUAL_PASSES)[: 5 if IS_LONG else 1]]
SHORT_ZOMBIES = ("begin", "offsets", "mid_apply")
STOPS = [(p, n) for p, n in KILLS if IS_LONG or p in SHORT_ZOMBIES]
SPECIAL = (
    scenarios.wakes_to_apply_and_dies,
    scenarios.commits_while_another_takes_over,
    scenarios.redis_emptied_before_the_first_read,
    scenarios.a_second_worker_comes_and_the_first_one_goes,
    scenarios.redis_is_flushed,
    scenarios.customers_are_deleted_from_redis,
    scenarios.redis_is_rolled_back,
    scenarios.redis_is_killed,
)
Runs = dict[str, Future[Results]]


@pytest.fixture(scope="module")
def expected(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return undisturbed(kafka, valkey, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, expected: Results, kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runs]:
    """The stories of the tests that were asked for, told at the same time, each in a deployment of its own."""

    def run(story: Callable[..., Results], *arguments: object) -> Results:
        folder = tmp_path_factory.mktemp("run")
        with LocalRedis(folder / "valkey") as own, Deployment(kafka, own, folder) as deployment:
            return story(deployment, *arguments)

    asked = " ".join(item.name for item in request.session.items)
    stories = {f"killed-{p}-{n}": (scenarios.killed, p, n) for p, n in KILLS}
    stories |= {f"stopped-{p}-{n}": (scenarios.stopped, p, n) for p, n in STOPS}
    stories |= {story.__name__: (story,) for story in SPECIAL}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(run, *story) for name, story in stories.items() if f"[{name}]" in asked}


def test_the_undisturbed_run_holds_everything_that_can_go_wrong(expected: Results) -> None:
    changes = [change for chain in expected.changes.values() for change in chain]

    assert {change["cause"] for change in changes} == {"order", "return", "correction", "aging", "expiry"}
    assert len(changes) > 500
    assert len({code for _, _, code, _ in expected.dead_letters}) > 3
    assert expected.changelog.keys() == expected.hashes.keys()


@pytest.mark.parametrize("story", [f"stopped-{p}-{n}" for p, n in STOPS])
def test_a_stopped_worker_wakes_up_behind_its_successor_and_leaves_no_trace(
    story: str, runs: Runs, expected: Results
) -> None:
    found = runs[story].result()

    assert differences(expected, found) == []


@pytest.mark.parametrize("story", [f"killed-{p}-{n}" for p, n in KILLS])
def test_a_killed_worker_leaves_no_trace(story: str, runs: Runs, expected: Results) -> None:
    found = runs[story].result()

    assert differences(expected, found) == []


@pytest.mark.parametrize("story", [story.__name__ for story in SPECIAL])
def test_it_leaves_no_trace_when(story: str, runs: Runs, expected: Results) -> None:
    found = runs[story].result()

    assert differences(expected, found) == []


def test_it_leaves_no_trace_when_kafka_is_killed(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, expected: Results
) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        found = scenarios.kafka_is_killed(deployment)

    assert differences(expected, found) == []
