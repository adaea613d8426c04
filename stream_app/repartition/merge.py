"""A topic's records between two offsets, all partitions merged: oldest first, each partition's in its own order."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Generator
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.core.errors import OutageError
from stream_app.settings import Settings
from stream_app.topic_log import SILENT_SECONDS, STEP_SECONDS, Bounds
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import can_read_on, kafka_refusals

ROLE = "repartition"
AT_ONCE = 2_000
AHEAD = 20_000


def read_by_time(settings: Settings, topic: str, bounds: Bounds, most: int = AHEAD) -> Generator[Any, None, None]:
    """Yield the committed records between the bounds by the timestamps that the log gives them.

    A partition of which more than `most` records wait for those of others is not read on meanwhile. Raises OutageError
    when nothing new comes for too long.
    """
    ahead = _Ahead(settings, topic, bounds, most)
    try:
        heads = [head for partition in list(ahead.open) if (head := ahead.head(partition)) is not None]
        heapq.heapify(heads)
        while heads:
            _, partition = heads[0]
            yield ahead.pop(partition)
            head = ahead.head(partition)
            if head is None:
                heapq.heappop(heads)
            else:
                heapq.heapreplace(heads, head)
    finally:
        ahead.close()


class _Ahead:
    """What was read of each partition and not yet passed on."""

    def __init__(self, settings: Settings, topic: str, bounds: Bounds, most: int) -> None:
        self._settings, self._topic, self._most = settings, topic, most
        self._ends = {partition: end for partition, (start, end) in bounds.items() if end > start}
        self.open = set(self._ends)
        """Partitions of which more is to come."""
        self._records: dict[int, deque[Any]] = {partition: deque() for partition in self._ends}
        self._paused: set[int] = set()
        self._consumer = Consumer(log_reader(settings, ROLE, wait_ms=50))
        self._consumer.assign([TopicPartition(topic, p, bounds[p][0]) for p in self._ends])

    def head(self, partition: int) -> tuple[int, int] | None:
        """Return the timestamp of a partition's next record, and the partition; None behind its last one."""
        silent = 0
        while not self._records[partition] and partition in self.open:
            self._resume(partition)
            silent = 0 if self._read() else silent + 1
            if silent * STEP_SECONDS >= SILENT_SECONDS:
                raise OutageError(
                    f"Kafka at {self._settings.kafka_bootstrap_servers} gave nothing of {self._topic} for "
                    f"{SILENT_SECONDS:.0f} s: it is silent, or a transaction stays open.",
                    "Ask `segstream doctor`; then run the command again: it goes on.",
                    code="KAFKA_AWAY",
                )
        waiting = self._records[partition]
        return (waiting[0].timestamp()[1], partition) if waiting else None

    def pop(self, partition: int) -> Any:
        """Return a partition's next record."""
        return self._records[partition].popleft()

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def _read(self) -> bool:
        with kafka_refusals(self._settings):
            records = cast(list[Any], self._consumer.consume(AT_ONCE, STEP_SECONDS))
        for record in records:
            self._take(record)
        for partition, waiting in self._records.items():
            if len(waiting) > self._most and partition in self.open and partition not in self._paused:
                self._paused.add(partition)
                self._consumer.pause([TopicPartition(self._topic, partition)])
        return bool(records)

    def _take(self, record: Any) -> None:
        partition, error = record.partition(), record.error()
        if error is None:
            if record.offset() < self._ends[partition]:
                self._records[partition].append(record)
            if record.offset() + 1 >= self._ends[partition]:
                self.open.discard(partition)
        elif error.code() == KafkaError._PARTITION_EOF:
            # Behind the last record only markers of transactions can lie.
            if record.offset() >= self._ends[partition]:
                self.open.discard(partition)
        elif not can_read_on(error):
            raise KafkaException(error)

    def _resume(self, partition: int) -> None:
        if partition in self._paused:
            self._paused.discard(partition)
            self._consumer.resume([TopicPartition(self._topic, partition)])
