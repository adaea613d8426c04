"""From produce to a committed reader, at fixed rates; each order is a new customer's first, so each gives a change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Self

import msgspec
from confluent_kafka import Consumer, TopicPartition

from bench.contestant import Contestant, running
from bench.deployment import PARTITIONS, Deployment, Servers
from bench.figures import percentile
from stream_app.worker.kafka_config import log_reader

RATES = (500, 3_000)
WARM_UP_SECONDS = 5.0
STEP_SECONDS = 0.005
WAIT_SECONDS = 60.0

Placed = tuple[str, str]
"""The customer and the order's id."""

_encode = msgspec.json.Encoder().encode


class _Change(msgspec.Struct):
    customer_id: str


_read_change = msgspec.json.Decoder(_Change).decode


def latencies(contestant: Contestant, servers: Servers, seconds: float) -> dict[int, tuple[float, float]]:
    """Return p50 and p99 in milliseconds at each rate, after a warm-up at the highest."""
    deployment = Deployment(servers)
    sender = Sender(deployment)
    found = {}
    with running(contestant, deployment), Reader(deployment) as reader:
        reader.milliseconds(sender.send(newcomers("W"), max(RATES), WARM_UP_SECONDS))
        for rate in RATES:
            values = reader.milliseconds(sender.send(newcomers(f"R{rate}-"), rate, seconds))
            found[rate] = percentile(values, 0.5), percentile(values, 0.99)
    deployment.drop()
    return found


class Reader:
    """A subscriber with a thread of its own that notes when each customer's first change was there."""

    def __init__(self, deployment: Deployment) -> None:
        config = log_reader(deployment.settings, "bench") | {"enable.partition.eof": False}
        topic = deployment.settings.topics.changes
        self._consumer = Consumer(config)
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.seen: dict[str, float] = {}

    def milliseconds(self, sent: Mapping[str, float]) -> list[float]:
        """Return how long each customer's change took, having waited for all of them."""
        deadline = time.perf_counter() + WAIT_SECONDS
        while missing := sum(customer not in self.seen for customer in sent):
            assert time.perf_counter() < deadline, f"{missing} changes did not come"
            time.sleep(0.05)
        return [(self.seen[customer] - at) * 1_000 for customer, at in sent.items()]

    def _read(self) -> None:
        while not self._has_ended.is_set():
            # Not consume with a timeout: it waits the whole time for a full batch.
            first = self._consumer.poll(0.1)
            if first is None:
                continue
            now = time.perf_counter()
            for record in (first, *self._consumer.consume(1_000, 0)):
                if record.error() is None:
                    self.seen.setdefault(_read_change(record.value()).customer_id, now)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._has_ended.set()
        self._thread.join()
        self._consumer.close()


def newcomers(prefix: str) -> Iterator[Placed]:
    """Yield new customers' first orders without end."""
    return ((f"{prefix}{number}", "O1") for number in count())


class Sender:
    """A shop that orders evenly; one for all rates, because a new producer's first half second is its own affair."""

    def __init__(self, deployment: Deployment) -> None:
        self._topic = deployment.settings.topics.orders
        self._producer = deployment.producer(**{"linger.ms": 1})

    def send(
        self, placed: Iterable[Placed], rate: int, seconds: float, is_enough: Callable[[], bool] = lambda: False
    ) -> dict[str, float]:
        """Send a few orders every 5 milliseconds until it is enough; return when each customer's last one was sent."""
        sent: dict[str, float] = {}
        source = iter(placed)
        began = time.perf_counter()
        number = 0
        while number < rate * seconds and not is_enough():
            while number < min((time.perf_counter() - began) * rate, rate * seconds):
                customer, order_id = next(source)
                value = _order(customer, order_id)
                sent[customer] = time.perf_counter()
                self._producer.produce(self._topic, value, customer.encode())
                number += 1
            self._producer.poll(0)
            time.sleep(STEP_SECONDS)
        self._producer.flush(30)
        return sent


def _order(customer: str, order_id: str) -> bytes:
    line = {"product_id": "P1", "quantity": 1, "unit_price": 9.99}
    return _encode({"order_id": order_id, "customer_id": customer, "ordered_at": datetime.now(UTC), "lines": [line]})
