"""From produce to a committed reader, at a fixed rate; each order is a new customer's first, so each gives a change."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import msgspec
from confluent_kafka import Producer

from bench.contestant import Contestant
from stream_app.tail import Changes, decode_change
from stream_app.worker.kafka_config import plain_producer

STEP_SECONDS = 0.005
_encode = msgspec.json.Encoder().encode


def percentile(values: list[float], part: float) -> float:
    """Return the value below which a part of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def latencies(contestant: Contestant, rate: int, seconds: float, warm_up_seconds: float = 5.0) -> list[float]:
    """Return the milliseconds of every order sent after the warm-up."""
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    reader = Changes(contestant.settings, from_beginning=True)
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            for value in reader.read(0.01):
                seen[decode_change(value).customer_id] = time.perf_counter()

    thread = threading.Thread(target=read)
    thread.start()
    _send(contestant, rate, seconds + warm_up_seconds, sent)
    deadline = time.perf_counter() + 30
    while len(seen) < len(sent) and time.perf_counter() < deadline:
        time.sleep(0.05)
    is_over.set()
    thread.join()
    reader.close()
    assert len(seen) == len(sent), f"{len(sent) - len(seen)} changes did not come"
    first = min(sent.values()) + warm_up_seconds
    return [(seen[customer] - at) * 1_000 for customer, at in sent.items() if at >= first]


def _send(contestant: Contestant, rate: int, seconds: float, sent: dict[str, float]) -> None:
    """Send orders evenly: a few every 5 milliseconds."""
    producer = Producer({**plain_producer(contestant.settings, "bench"), "linger.ms": 1})
    began = time.perf_counter()
    number = 0
    while (elapsed := time.perf_counter() - began) < seconds:
        while number < elapsed * rate:
            customer = f"L{number}"
            order = {
                "order_id": "O1",
                "customer_id": customer,
                "ordered_at": datetime.now(UTC),
                "lines": [{"product_id": "P1", "quantity": 1, "unit_price": 9.99}],
            }
            sent[customer] = time.perf_counter()
            producer.produce(contestant.settings.topics.orders, _encode(order), customer.encode())
            number += 1
        producer.poll(0)
        time.sleep(STEP_SECONDS)
    producer.flush(30)
