"""One worker process on a filled orders topic: started, timed from its first order to its last, and checked."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psutil
from confluent_kafka import Producer
from redis import Redis

from bench.workload import model, orders
from model_store.store import ModelStore
from stream_app.local.child import Child
from stream_app.local.ports import free_ports
from stream_app.operators import promote
from stream_app.settings import Settings, load_settings
from stream_app.topics import create_topics
from stream_app.worker.kafka_config import plain_producer

PARTITIONS = 4
POLL_SECONDS = 0.05
GIVE_UP_SECONDS = 900.0


@dataclass(frozen=True)
class Run:
    """What one run gave."""

    orders_per_second: float
    cpu_us_per_order: float
    memory_mb: float
    changes: int


class Contestant:
    """A deployment of its own on shared servers, with one worker."""

    def __init__(self, kafka: str, redis_url: str, folder: Path, code: Path | None) -> None:
        name = f"b{uuid4().hex[:8]}"
        self.settings: Settings = load_settings(
            kafka_bootstrap_servers=kafka,
            kafka_group_id=name,
            redis_url=redis_url,
            redis_prefix=f"{name}:",
            topic_prefix=f"{name}.",
            model_uri=str(folder / name),
            web_port=free_ports(1)[0],
        )
        self.redis = Redis.from_url(redis_url)
        self._folder = folder
        self._code = code
        create_topics(self.settings, PARTITIONS, 1)
        promote(self.settings, ModelStore.at(self.settings.model_uri).publish(model()))

    def fill(self, number: int) -> None:
        """Put the workload into the orders topic."""
        producer = Producer({**plain_producer(self.settings, "bench"), "queue.buffering.max.messages": 1_000_000})
        for at, (key, value) in enumerate(orders(number)):
            producer.produce(self.settings.topics.orders, value, key)
            if at % 500 == 0:
                producer.poll(0)
        producer.flush(120)

    @contextmanager
    def worker(self) -> Iterator[psutil.Process]:
        """Run the worker as its own process."""
        settings = self.settings
        env = {
            **os.environ,
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "KAFKA_GROUP_ID": settings.kafka_group_id,
            "REDIS_URL": settings.redis_url.get_secret_value(),
            "SEGSTREAM_REDIS_PREFIX": settings.redis_prefix,
            "SEGSTREAM_TOPIC_PREFIX": settings.topic_prefix,
            "SEGSTREAM_MODEL_URI": settings.model_uri,
            "SEGSTREAM_WEB_PORT": str(settings.web_port),
        }
        if self._code is not None:
            env["PYTHONPATH"] = str(self._code)
        # -P: else the folder this is started from would win over the code under test.
        command = [sys.executable, "-P", "-m", "stream_app.cli", "worker"]
        child = Child.start(command, env=env, stdout=self._folder / "worker.out")
        try:
            yield psutil.Process(child.pid)
        finally:
            child.terminate(20)

    def processed(self) -> int:
        """Return how many orders Redis shows as done."""
        keys = [f"{self.settings.redis_prefix}partition:{self.settings.topics.orders}:{p}" for p in range(PARTITIONS)]
        return sum(int(self.redis.hget(key, "source_position") or 0) for key in keys)

    def run(self, number: int) -> Run:
        """Time the worker from the first finished chunk to the last order."""
        deadline = time.monotonic() + GIVE_UP_SECONDS
        with self.worker() as process:
            first_at, first = 0.0, 0
            while (done := self.processed()) < number:
                assert time.monotonic() < deadline, f"gave up at {done} of {number} orders"
                if done and not first:
                    first_at, first = time.monotonic(), done
                time.sleep(POLL_SECONDS)
            seconds = time.monotonic() - first_at
            cpu, memory = process.cpu_times(), process.memory_info().rss
        used = cpu.user + cpu.system
        return Run((number - first) / seconds, used / number * 1e6, memory / 1e6, self._check(number))

    def _check(self, number: int) -> int:
        """Return how many changes were made; every customer must hold what the workload says at the end."""
        bought: dict[str, int] = {}
        for key, _ in orders(number):
            bought[key.decode()] = bought.get(key.decode(), 0) + 1
        changes = 0
        for customer, frequency in bought.items():
            key = f"{self.settings.redis_prefix}customer:{customer}"
            found, sequence, history = self.redis.hmget(key, ["frequency", "sequence", "history"])
            assert int(found) == frequency, f"{customer} has frequency {found}, not {frequency}"
            steps = json.loads(history)
            assert [step["sequence"] for step in steps] == list(range(int(sequence), int(sequence) - len(steps), -1))
            changes += int(sequence)
        return changes
