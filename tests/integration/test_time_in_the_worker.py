"""The real worker moves real shops' customers as a recount does, also when it is killed while it serves a backlog."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import Deployment
from tests.integration.figures import Figures
from tests.integration.real_logs import PARTITIONS, Scene, sent, trained
from tests.integration.results import broken_chains
from tests.integration.truth import Truth, differences, steps_told, truth_of
from tests.integration.waiting import wait_for

IS_LONG = "SEGSTREAM_PROVE" in os.environ

SHORT_SCENES = {Scene("online-retail", 365, "unlinked", "late", "exact"): 12}
LONG_SCENES = {
    Scene(shop, window, returns, "late", times): 1
    for shop in ("online-retail", "completejourney")
    for window, returns, times in ((365, "unlinked", "exact"), (90, "linked", "dates"), (None, "linked", "exact"))
}
SCENES = LONG_SCENES if IS_LONG else SHORT_SCENES
"""Each scene takes one in so many customers."""

NUMBERS = [1, 3] if IS_LONG else [3]
"""With one worker the short form is in test_daily_truth.py."""

KILLS = ("commit_acked:3", "produce:3", "mid_apply:3", "applied:3", "offsets:3")[: 5 if IS_LONG else 3]


def due_slice(scene: Scene) -> int:
    """Return so few customers at a time that every kill finds some of the backlog unserved."""
    # Without a window nobody's orders expire, and hundreds are due where it is thousands else.
    return 40 if IS_LONG and scene.window_days is not None else 5


UNHURRIED: dict[str, Any] = {
    "chunk_records": 5_000,
    "kafka_session_timeout_ms": 6_000,
    "kafka_transaction_timeout_ms": 15_000,
}
CATCH_UP_SECONDS = 900.0


def start(deployment: Deployment, number: int) -> None:
    """Start workers and wait until each has its share of the partitions."""
    workers = [deployment.worker(f"w{n}") for n in range(number)]
    wait_for("everybody has a partition", lambda: all("partition ready" in worker.said() for worker in workers))


def end(deployment: Deployment) -> None:
    for worker in deployment.workers:
        if worker.is_running():
            assert worker.terminate() == 0, worker.said()


def kill_in_the_backlog(deployment: Deployment, number: int, slice_size: int) -> None:
    """Kill workers one after the other while they serve who is due; all of them before the backlog is empty."""
    for first in range(0, len(KILLS), number):
        points = KILLS[first : first + number]
        workers = [deployment.worker(f"w{n}", kill_at=point, due_slice=slice_size) for n, point in enumerate(points)]
        for worker in workers:
            worker.wait_hit(60)
            assert worker.wait(10) == -9
        assert deployment.shown.backlog() > 0


@pytest.fixture(scope="module", params=SCENES, ids=lambda scene: "-".join(map(str, scene)))
def truth(request: pytest.FixtureRequest) -> Truth:
    scene: Scene = request.param
    return truth_of(scene, SCENES[scene])


@pytest.mark.parametrize("number", NUMBERS)
def test_workers_killed_in_a_backlog_move_everybody_as_a_recount_does(
    number: int, truth: Truth, kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, figures: Figures
) -> None:
    scene = truth.scene
    settings = {"window_days": scene.window_days} | (UNHURRIED if IS_LONG else {})
    with Deployment(kafka, valkey, tmp_path, **settings) as deployment:
        deployment.create(PARTITIONS, trained(scene.shop, scene.window_days))
        start(deployment, number)
        deployment.send(sent(log[:-1] for log in truth.logs))
        deployment.wait_done(CATCH_UP_SECONDS)
        end(deployment)

        deployment.send(sent(log[-1:] for log in truth.logs))
        kill_in_the_backlog(deployment, number, due_slice(scene))
        start(deployment, 1)
        deployment.wait_done(CATCH_UP_SECONDS)
        end(deployment)

        changes = deployment.changes()

    found = [*broken_chains(changes), *differences(truth.steps, steps_told(changes))]
    figures.append(f"{truth.in_words()}, {number} workers killed {len(KILLS)} times, differences: {len(found)}")
    assert found == []
