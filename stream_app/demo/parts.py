"""The demo's running parts: Kafka, Valkey and a worker, none of which can outlive the demo."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from stream_app.settings import Settings, load_settings

WORKER_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Parts:
    """The servers, and the settings that lead to them."""

    kafka: LocalKafka
    redis: LocalRedis
    settings: Settings
    folder: Path

    def environment(self) -> dict[str, str]:
        """Return the variables with which any command reaches this demo."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "REDIS_URL": self.redis.url,
            "SEGSTREAM_MODEL_URI": self.settings.model_uri,
            "SEGSTREAM_WEB_PORT": str(self.settings.web_port),
            "SEGSTREAM_CLOCK": self.settings.clock,
            "SEGSTREAM_LOG_FORMAT": "json",
        }

    @property
    def worker_log(self) -> Path:
        """Where the worker writes."""
        return self.folder / "worker.out"

    @contextmanager
    def worker(self) -> Iterator[Child]:
        """Run a worker as its own process."""
        command = [sys.executable, "-m", "stream_app.cli", "worker"]
        child = Child.start(command, env={**os.environ, **self.environment()}, stdout=self.worker_log)
        try:
            yield child
        finally:
            child.terminate(WORKER_STOP_SECONDS)


@contextmanager
def running_parts(folder: Path) -> Iterator[Parts]:
    """Start Kafka and Valkey on free ports, and stop them at the end."""
    with LocalRedis(folder / "redis", is_durable=False) as redis, LocalKafka(folder / "kafka") as kafka:
        settings = load_settings(
            kafka_bootstrap_servers=kafka.bootstrap,
            redis_url=redis.url,
            model_uri=str(folder / "store"),
            window_days=365,
            clock="event",
            web_port=free_ports(1)[0],
        )
        yield Parts(kafka, redis, settings, folder)
