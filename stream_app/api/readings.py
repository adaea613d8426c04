"""What is read from Kafka now and then: where the orders end, whether it answers, and how fast orders go by."""

from __future__ import annotations

import threading
from collections import deque

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection

KAFKA_SECONDS = 1.0
SPAN_SECONDS = 30.0
LEAST_SECONDS = 0.5


class KafkaEnds:
    """Asks Kafka where the partitions of the orders end."""

    def __init__(self, settings: Settings) -> None:
        self._topic = settings.topics.orders
        self._admin = AdminClient(connection(settings, "api"))

    def ends(self, partitions: list[int]) -> dict[int, int]:
        """Return the next offset of each partition; without those that Kafka does not tell in a second."""
        if not partitions:
            return {}
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = {TopicPartition(self._topic, partition): latest for partition in partitions}
        found = {}
        try:
            for place, answer in self._admin.list_offsets(wanted, request_timeout=KAFKA_SECONDS).items():
                found[place.partition] = answer.result(KAFKA_SECONDS).offset
        except (KafkaException, TimeoutError):
            return found
        return found

    def problem(self) -> str:
        """Return why Kafka cannot be used, empty when it can."""
        try:
            known = self._admin.list_topics(timeout=KAFKA_SECONDS).topics
        except KafkaException as error:
            return f"does not answer ({error.args[0].name()})"
        return "" if self._topic in known else f"has no topic {self._topic}"


class Rate:
    """How fast a position moves, from readings of the last half minute."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, int]] = deque()
        self._lock = threading.Lock()

    def note(self, position: int, now: float) -> None:
        """Take down a reading."""
        with self._lock:
            readings = self._readings
            if readings and position < readings[-1][1]:
                # Redis is being rebuilt: positions begin anew.
                readings.clear()
            if not readings or now - readings[-1][0] >= LEAST_SECONDS:
                readings.append((now, position))
            while now - readings[0][0] > SPAN_SECONDS:
                readings.popleft()

    def per_second(self) -> float | None:
        """Return the rate, None until two readings lie apart."""
        with self._lock:
            if len(self._readings) < 2:
                return None
            (since, before), (now, after) = self._readings[0], self._readings[-1]
        return round((after - before) / (now - since), 2)
