"""Up to this release, back to another one, and up again, under orders: what the one has written the other reads.

SEGSTREAM_OTHER_RELEASE names a checkout of the other release, which runs on the packages of this one.
"""

from __future__ import annotations

import os
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

OTHER = os.environ.get("SEGSTREAM_OTHER_RELEASE", "")
LOG = a_log(PARTITIONS, orders=6_000)
SECONDS = 75.0


def started(deployment: Deployment, code: str) -> WorkerProcess:
    """Start a worker of the release in a folder, empty for this one, and wait until it is ready."""
    worker = deployment.worker(code=Path(code) if code else None)
    wait_for("it is ready", worker.is_ready, said=worker.testimony)
    return worker


@pytest.mark.long
@pytest.mark.skipif(not OTHER, reason="SEGSTREAM_OTHER_RELEASE names no checkout of another release")
def test_up_back_and_up_again_nobody_can_tell(
    kafka: LocalKafka,
    valkey: LocalRedis,
    tmp_path_factory: pytest.TempPathFactory,
    figures: Figures,
) -> None:
    expected = undisturbed_by(LOG, kafka, valkey, tmp_path_factory.mktemp("undisturbed"))
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("upgraded")) as deployment:
        deployment.create(PARTITIONS)
        with deployment.trickle(LOG, SECONDS, at_once=8):
            worker = started(deployment, OTHER)
            deployment.wait_progress(200)
            with standstills(deployment.shown.positions) as found:
                for code in ("", OTHER, ""):
                    assert worker.terminate(10.0) == 0, worker.said()
                    worker = started(deployment, code)
                    deployment.wait_progress(deployment.shown.progress() + 200)
        deployment.wait_done()
        assert worker.terminate(10.0) == 0, worker.said()

        assert differences(expected, deployment.results()) == []
        longest = max(found.longest.values())
        figures.append(f"up, back and up again with one worker: a partition stood still for {longest:.1f} s at most")
        assert longest < 15.0, "one worker that is started anew leaves its partitions alone for that long"
