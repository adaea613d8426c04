"""After an erasure, two cleanings and a rewrite of the append-only file, no disk knows the person any more."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import Deployment
from tests.integration.test_erasure import CANARY, PARTITIONS, SECRET, some_days
from tests.integration.waiting import wait_for

EAGER = {
    "segment.ms": "300",
    "max.compaction.lag.ms": "300",
    "min.cleanable.dirty.ratio": "0.01",
    "delete.retention.ms": "300",
    "file.delete.delay.ms": "0",
}
"""What takes weeks takes seconds."""
BROKER = {"log.cleaner.backoff.ms": "200", "log.retention.check.interval.ms": "1000"}


def files_with(text: str, *places: Path) -> list[str]:
    """Return the files below these places that hold the text, wherever it stands in them."""
    found = []
    for place in places:
        for file in place.rglob("*"):
            try:
                if file.is_file() and text.encode() in file.read_bytes():
                    found.append(str(file))
            except FileNotFoundError:
                # Kafka has deleted it between the two looks.
                continue
    return found


def hurry(deployment: Deployment) -> None:
    """Let Kafka clean the changelog within seconds."""
    admin = AdminClient({"bootstrap.servers": deployment.kafka.bootstrap, "log_level": 0})
    changes = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in EAGER.items()]
    resource = ConfigResource(ResourceType.TOPIC, deployment.topics.state, incremental_configs=changes)
    admin.incremental_alter_configs([resource])[resource].result(20)


def rewrite(deployment: Deployment) -> None:
    """Let Redis write its append-only file anew."""
    deployment.redis.bgrewriteaof()

    def is_done() -> bool:
        seen = deployment.redis.info("persistence")
        return not seen["aof_rewrite_in_progress"] and not seen["aof_rewrite_scheduled"]

    wait_for("the file is rewritten", is_done)


def test_a_canary_is_in_no_file_after_cleaning(tmp_path: Path) -> None:
    kafka, valkey = LocalKafka(tmp_path / "kafka", properties=BROKER, is_brief=True), LocalRedis(tmp_path / "valkey")
    with kafka, valkey, Deployment(kafka, valkey, tmp_path, erasure_key=SECRET) as deployment:
        deployment.create(PARTITIONS)
        hurry(deployment)
        deployment.send(some_days(1, 3))
        worker = deployment.worker()
        deployment.wait_done()
        state = [kafka.data_dir / "log" / f"{deployment.topics.state}-{each}" for each in range(PARTITIONS)]
        assert files_with(CANARY, *state)
        wait_for("the append-only file has it", lambda: files_with(CANARY, valkey.data_dir))

        assert deployment.terminal().run("erase", CANARY).returncode == 0
        rewrite(deployment)

        left = partial(files_with, CANARY, *state)
        wait_for("the changelog is clean", lambda: not left(), said=left)
        assert files_with(CANARY, valkey.data_dir) == []
        assert CANARY not in worker.said()
        assert worker.terminate() == 0
