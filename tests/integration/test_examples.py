"""The programs in examples/, run as they are beside a real worker: killed in the middle, each change is taken once."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import Deployment
from tests.integration.shop import a_log
from tests.integration.terminal import clean_environment
from tests.integration.waiting import wait_for

EXAMPLES = Path(__file__).parents[2] / "examples"
SUBSCRIBERS = ["subscriber_confluent.py", "subscriber_faststream.py"]


@pytest.fixture(scope="module")
def streamed(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A shop's orders, some of them history, through a worker."""
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("examples")) as deployment:
        deployment.create(partitions=2)
        deployment.send(a_log(2, orders=400))
        deployment.run_to_end()
        yield deployment


def expected(deployment: Deployment) -> dict[str, tuple[str, str | None, str]]:
    """Return by event id what is to be sent: everything but replays."""
    return {
        change["event_id"]: (change["customer_id"], change["to"] and change["to"]["id"], change["cause"])
        for changes in deployment.results().changes.values()
        for change in changes
        if not change["replay"]
    }


def environment(deployment: Deployment, **more: str) -> dict[str, str]:
    settings = deployment.settings
    return clean_environment() | {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "SEGSTREAM_TOPIC_PREFIX": settings.topic_prefix,
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "SEGSTREAM_REDIS_PREFIX": settings.redis_prefix,
    } | more  # fmt: skip


def in_outbox(path: Path) -> dict[str, tuple[str, str | None, str]]:
    if not path.exists():
        return {}
    outbox = sqlite3.connect(path, timeout=10)
    try:
        return {row[0]: row[1:] for row in outbox.execute("SELECT * FROM outbox")}
    except sqlite3.OperationalError:
        return {}
    finally:
        outbox.close()


@pytest.mark.parametrize("program", SUBSCRIBERS)
def test_a_subscriber_that_is_killed_takes_every_change_once(
    streamed: Deployment, tmp_path: Path, program: str
) -> None:
    path, said = tmp_path / "outbox.db", tmp_path / "said"
    wanted = expected(streamed)
    assert len(wanted) > 100

    def started(group: str) -> Child:
        env = environment(streamed, OUTBOX=str(path), GROUP_ID=f"{program}-{tmp_path.name}-{group}")
        return Child.start([sys.executable, str(EXAMPLES / program)], env=env, stdout=said)

    # Killed with some taken, then another group that gets everything again
    first = started("first")
    try:
        wait_for("some are taken", lambda: len(in_outbox(path)) > 20, said=said.read_text)
    finally:
        first.kill()
    second = started("second")
    try:
        wait_for("all are taken", lambda: len(in_outbox(path)) >= len(wanted), said=said.read_text)
        os.kill(second.pid, signal.SIGTERM)
        assert second.wait(20) == 0, said.read_text()
    finally:
        second.kill()

    assert in_outbox(path) == wanted


def test_the_lookup_prints_what_the_worker_left(streamed: Deployment) -> None:
    hashes = streamed.results().hashes
    names = [*sorted(hashes)[:20], "nobody"]

    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "lookup.py"), *names],
        env=environment(streamed), capture_output=True, text=True, check=True,
    )  # fmt: skip

    lines = done.stdout.splitlines()
    assert lines[-1] == "nobody: unknown"
    for name, line in zip(names[:-1], lines, strict=False):
        segment = hashes[name][b"segment"].decode()
        assert line.startswith(f"{name}: {segment} " if segment else f"{name}: lapsed"), line


CONNECT = {"connector.class", "tasks.max", "topics", "key.converter", "value.converter"}
OVERRIDES = {"consumer.override.isolation.level", "consumer.override.auto.offset.reset"}
AIVEN = {
    "http.url", "http.authorization.type", "http.headers.authorization", "http.headers.content.type",
    "http.headers.additional", "http.timeout", "batching.enabled", "batch.max.size", "batch.prefix", "batch.suffix",
    "batch.separator", "max.retries", "retry.backoff.ms", "kafka.retry.backoff.ms",
}  # fmt: skip
"""From docs/sink-connector-config-options.rst of Aiven-Open/http-connector-for-apache-kafka."""


def test_the_http_sink_has_only_settings_that_connect_and_the_connector_document() -> None:
    connector = json.loads((EXAMPLES / "kafka-connect-http-sink.json").read_text())

    config = connector["config"]
    assert set(connector) == {"name", "config"}
    assert set(config) <= CONNECT | OVERRIDES | AIVEN
    assert set(config) >= CONNECT | OVERRIDES | {"http.url", "http.authorization.type"}
    assert config["consumer.override.isolation.level"] == "read_committed"
    assert all(isinstance(value, str) for value in config.values())
