"""Readers of result topics: one that reads what is there, and one that reads while faults happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Self

from confluent_kafka import Consumer, KafkaError, TopicPartition

from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader

Record = tuple[int, bytes | None, bytes | None, list[tuple[str, bytes | None]]]
"""Offset, key, value, headers."""


def read_all(settings: Settings, topics: Sequence[str], partitions: int) -> dict[str, list[list[Record]]]:
    """Return the committed records of every partition, up to the end that a committed reader sees."""
    reader = _Reader(settings, topics, partitions)
    while len(reader.ends) < partitions * len(topics):
        reader.take(0.05)
    reader.close()
    return reader.records


class _Reader:
    def __init__(self, settings: Settings, topics: Sequence[str], partitions: int) -> None:
        # Unhurried: readers must not slow down what they read.
        self._consumer = Consumer(log_reader(settings, "test") | {"fetch.wait.max.ms": 100})
        self._consumer.assign([TopicPartition(topic, p, 0) for topic in topics for p in range(partitions)])
        self.records: dict[str, list[list[Record]]] = {topic: [[] for _ in range(partitions)] for topic in topics}
        self.ends: dict[tuple[str, int], int] = {}
        """Where each partition ended when its end was last seen."""

    def take(self, seconds: float) -> None:
        for found in self._consumer.consume(2_000, seconds):
            error = found.error()
            if error is None:
                record = (found.offset(), found.key(), found.value(), found.headers() or [])
                self.records[found.topic()][found.partition()].append(record)
            elif error.code() == KafkaError._PARTITION_EOF:
                self.ends[found.topic(), found.partition()] = found.offset()

    def close(self) -> None:
        self._consumer.close()


class Onlooker:
    """A subscriber that reads committed changes all the time, in a thread of its own."""

    def __init__(self, settings: Settings, topic: str, partitions: int) -> None:
        self._reader = _Reader(settings, [topic], partitions)
        self._topic = topic
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def _read(self) -> None:
        while not self._has_ended.is_set():
            self._reader.take(0.05)

    def start(self) -> Self:
        self._thread.start()
        return self

    def close(self) -> None:
        self._has_ended.set()
        self._thread.join(10)
        self._reader.close()

    def finish(self, ends: list[int]) -> list[list[Record]]:
        """Return all it has seen up to these ends, in the order in which it saw it."""
        self._has_ended.set()
        self._thread.join(10)
        deadline = time.monotonic() + 20
        while any(self._reader.ends.get((self._topic, p), -1) < end for p, end in enumerate(ends)):
            assert time.monotonic() < deadline, f"the reader hangs at {self._reader.ends}, the ends are {ends}"
            self._reader.take(0.05)
        return self._reader.records[self._topic]
