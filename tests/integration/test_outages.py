"""Kafka or Redis goes away and comes back: the same process says why it waits, goes on, and loses nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.part import LocalPart
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import Deployment, undisturbed
from tests.integration.results import Results, differences
from tests.integration.scenarios import PARTITIONS
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for

SECONDS = [20.0, 90.0] if os.environ.get("SEGSTREAM_PROVE") else [8.0]
"""The short one is longer than the transaction timeout of these deployments, 5 seconds."""

RECOVERY_SECONDS = 30.0


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalKafka, LocalRedis]]:
    """A Kafka and a Redis of this file's own: other tests must not notice."""
    folder = tmp_path_factory.mktemp("outages")
    with LocalKafka(folder / "kafka") as kafka, LocalRedis(folder / "redis") as redis:
        yield kafka, redis


@pytest.fixture(scope="module")
def expected(servers: tuple[LocalKafka, LocalRedis], tmp_path_factory: pytest.TempPathFactory) -> Results:
    return undisturbed(*servers, tmp_path_factory.mktemp("undisturbed"))


def found_after(deployment: Deployment, part: LocalPart, seconds: float, said: str) -> Results:
    """Let a server hang in the middle of the work, and return what the worker made of it all the same."""
    deployment.create(PARTITIONS)
    worker = deployment.worker()
    pid = worker.pid
    with deployment.trickle(a_log(PARTITIONS)):
        deployment.wait_progress(1_000)
        part.suspend()
        began = time.monotonic()
        try:
            wait_for("it says why", lambda: said in str(worker.readyz()[1].get("problems")), 60, worker.testimony)
            wait_for("the outage is over", lambda: time.monotonic() - began > seconds, seconds + 60)
        finally:
            part.resume()
    deployment.wait_done(RECOVERY_SECONDS)

    wait_for("it is ready", worker.is_ready, RECOVERY_SECONDS)
    assert worker.pid == pid
    assert worker.terminate() == 0, worker.said()
    return deployment.results()


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", SECONDS)
def test_redis_hangs(servers: tuple[LocalKafka, LocalRedis], tmp_path: Path, expected: Results, seconds: float) -> None:
    with Deployment(*servers, tmp_path) as deployment:
        found = found_after(deployment, servers[1], max(seconds, 20.0), "Redis")

    assert differences(expected, found) == []


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seconds", SECONDS)
def test_kafka_hangs(servers: tuple[LocalKafka, LocalRedis], tmp_path: Path, expected: Results, seconds: float) -> None:
    with Deployment(*servers, tmp_path) as deployment:
        found = found_after(deployment, servers[0], seconds, "Kafka")

    assert differences(expected, found) == []
