"""Workers come, go and are replaced under load: nothing is lost or repeated, and no partition stands still for long."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import PARTITIONS, Deployment, undisturbed_by
from tests.integration.figures import Figures
from tests.integration.results import differences
from tests.integration.shop import a_log
from tests.integration.standstill import standstills
from tests.integration.waiting import wait_for
from tests.integration.worker_process import WorkerProcess

ORDERS = 12_000
LOAD_SECONDS = 150.0
"""80 orders a second; what is left when the workers have come and gone is sent at once."""
LONGEST_STANDSTILL_SECONDS = 5.0 if "SEGSTREAM_PROVE" in os.environ else 15.0
"""The promise holds where workers have a core; other tests share the machine with the short form."""
DEFAULTS = {"kafka_session_timeout_ms": 45_000, "kafka_transaction_timeout_ms": 60_000}
"""What a worker has without settings: the deployments of other tests notice sooner that somebody is gone."""


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path, **DEFAULTS) as fresh:
        yield fresh.create(PARTITIONS)


def started(deployment: Deployment, instance: str) -> WorkerProcess:
    """Start a worker and wait until it has partitions and is ready."""
    worker = deployment.worker(instance)
    wait_for(f"{instance} has partitions", lambda: "partition ready" in worker.said(), said=worker.testimony)
    wait_for(f"{instance} is ready", worker.is_ready, said=worker.testimony)
    return worker


def end(worker: WorkerProcess) -> float:
    """End a worker in order and return how many seconds that took; more than ten are a failure."""
    began = time.monotonic()
    assert worker.terminate(10.0) == 0, worker.said()
    return time.monotonic() - began


@pytest.mark.long
def test_scaled_up_and_down_and_restarted_one_by_one(
    deployment: Deployment,
    kafka: LocalKafka,
    valkey: LocalRedis,
    tmp_path_factory: pytest.TempPathFactory,
    figures: Figures,
) -> None:
    log = a_log(PARTITIONS, orders=ORDERS)
    expected = undisturbed_by(log, kafka, valkey, tmp_path_factory.mktemp("undisturbed"))
    workers = {"w0": started(deployment, "w0")}
    ends: list[float] = []

    with deployment.trickle(log, LOAD_SECONDS, at_once=8):
        deployment.wait_progress(40)
        with standstills(deployment.shown.positions) as found:
            for instance in ("w1", "w2"):
                workers[instance] = started(deployment, instance)
            for instance, old in list(workers.items()):
                ends.append(end(old))
                workers[instance] = started(deployment, instance)
            ends.append(end(workers.pop("w2")))
            deployment.wait_progress(deployment.shown.progress() + 40)
    deployment.wait_done()
    for worker in workers.values():
        end(worker)

    assert differences(expected, deployment.results()) == []
    longest = max(found.longest.values())
    figures.append(
        f"1 → 3 → 2 workers and each of three replaced under load: a partition stood still for {longest:.1f} s, "
        f"a worker took {max(ends):.1f} s to end, at most"
    )
    assert longest < LONGEST_STANDSTILL_SECONDS
