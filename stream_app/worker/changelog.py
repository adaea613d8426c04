"""Reads the changelog for takeovers, and how far it and the orders topic go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import can_read_on
from stream_app.worker.store import RESTORE_SLICE

STEP_SECONDS = 0.05
CALL_SECONDS = 5.0

Logged = tuple[int, bytes, bytes | None]
"""A record of the changelog: its offset, its key, and its value; None: a tombstone."""


class ChangelogReader:
    """The clients that only takeovers use: one sees committed records, one also what is still open."""

    def __init__(self, settings: Settings) -> None:
        self._committed = Consumer(log_reader(settings, "restore", wait_ms=10))
        self._open = Consumer(log_reader(settings, "ends", is_committed=False))
        self._topics = settings.topics

    def state_end(self, partition: int) -> int:
        """Return the changelog's end, records of open transactions included."""
        return self._bounds(self._topics.state, partition)[1]

    def orders_bounds(self, partition: int) -> tuple[int, int]:
        """Return the first offset of the orders partition and its end."""
        return self._bounds(self._topics.orders, partition)

    def _bounds(self, topic: str, partition: int) -> tuple[int, int]:
        low, high = self._open.get_watermark_offsets(TopicPartition(topic, partition), CALL_SECONDS)
        return int(low), int(high)

    def read(self, partition: int, position: int, end: int) -> Iterator[list[Logged]]:
        """Yield slices of committed records below `end`, an empty one when none came."""
        self._committed.assign([TopicPartition(self._topics.state, partition, position)])
        reached = position
        while reached < end:
            records: list[Logged] = []
            for record in cast(list[Any], self._committed.consume(RESTORE_SLICE, STEP_SECONDS)):
                error = record.error()
                if error is None:
                    reached = record.offset() + 1
                    records.append((record.offset(), record.key(), record.value()))
                elif error.code() == KafkaError._PARTITION_EOF:
                    # The end a committed reader sees stays below an open transaction: wait until that one is over.
                    reached = max(reached, record.offset())
                elif not can_read_on(error):
                    raise KafkaException(error)
            yield records
        self._committed.unassign()

    def close(self) -> None:
        """Leave the brokers."""
        self._committed.close()
        self._open.close()
