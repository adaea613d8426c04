"""Our own worker as a contestant, with everything on."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.deployment import PARTITIONS, Deployment
from bench.recount import recount
from bench.workload import model
from stream_app.operators import live_model, promote

CUSTOMERS_PER_CALL = 1_000


class _Step(msgspec.Struct):
    customer_id: str
    sequence: int


_read_step = msgspec.json.Decoder(_Step).decode


@dataclass(frozen=True)
class Segstream:
    """One worker, from the installed code or from a folder with the core compiled."""

    key: str
    name: str
    code: Path | None = None
    lacks: str = ""
    most_orders: int | None = None
    is_timed_by_order: bool = True
    codec: str = "lz4"
    # -P: the working directory holds this code too, and would win over the folder of the compiled core.
    program: tuple[str, ...] = ("-P", "-m", "stream_app.cli")

    def prepare(self, deployment: Deployment) -> None:
        """Publish and promote the model, unless a worker before this one has it."""
        settings = deployment.settings
        if live_model(settings) is None:
            promote(settings, settings.models.publish(model()))

    def command(self) -> list[str]:
        """Return the worker's command line."""
        return [sys.executable, *self.program, "worker"]

    def environment(self, deployment: Deployment) -> Mapping[str, str]:
        """Return the settings as an operator would give them."""
        settings = deployment.settings
        code = {} if self.code is None else {"PYTHONPATH": str(self.code)}
        return code | {
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "KAFKA_GROUP_ID": settings.kafka_group_id,
            "REDIS_URL": settings.redis_url.get_secret_value(),
            "SEGSTREAM_REDIS_PREFIX": settings.redis_prefix,
            "SEGSTREAM_TOPIC_PREFIX": settings.topic_prefix,
            "SEGSTREAM_MODEL_URI": settings.model_uri,
            "SEGSTREAM_CLOCK": settings.clock,
            "SEGSTREAM_CACHED_CUSTOMERS": str(settings.cached_customers),
            "SEGSTREAM_WEB_PORT": str(settings.web_port),
        }

    def processed(self, deployment: Deployment) -> int:
        """Return how many orders Redis shows as done: committed in Kafka and applied."""
        settings = deployment.settings
        keys = [f"{settings.redis_prefix}partition:{settings.topics.orders}:{p}" for p in range(PARTITIONS)]
        return sum(int(deployment.redis.hget(key, "source_position") or 0) for key in keys)

    def check(self, deployment: Deployment, number: int) -> int:
        """Return how many changes were published: each customer's chain is whole and Redis shows the recount."""
        published: dict[str, int] = {}
        for _, value in deployment.committed(deployment.settings.topics.changes):
            step = _read_step(value)
            before = published.get(step.customer_id, 0)
            assert step.sequence == before + 1, f"{step.customer_id}: change {step.sequence} follows {before}"
            published[step.customer_id] = step.sequence
        bought = recount(number).frequencies
        shown = dict(_shown(deployment, list(bought)))
        wrong = {one for one, times in bought.items() if shown[one] != (times, published.get(one))}
        assert not wrong, f"{len(wrong)} customers are wrong in Redis, for example {min(wrong)}"
        return sum(published.values())


def _shown(deployment: Deployment, customers: list[str]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield frequency and last change of each customer as Redis has them."""
    for begin in range(0, len(customers), CUSTOMERS_PER_CALL):
        some = customers[begin : begin + CUSTOMERS_PER_CALL]
        pipeline = deployment.redis.pipeline(transaction=False)
        for customer in some:
            pipeline.hmget(f"{deployment.settings.redis_prefix}customer:{customer}", ["frequency", "sequence"])
        for customer, (frequency, sequence) in zip(some, pipeline.execute(), strict=True):
            yield customer, (int(frequency or 0), int(sequence or 0))
