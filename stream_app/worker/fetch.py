"""What the consumer holds for us: one chunk at a time, by partition, small when idle and large under load."""

from __future__ import annotations

from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from stream_app.core.errors import OutageError, StopError
from stream_app.core.inbound import Inbound, SourceRecord
from stream_app.core.pipeline import read_chunk
from stream_app.core.rules import Rules
from stream_app.worker.assignment import Assignment
from stream_app.worker.lane import CORRUPT_BATCH, Lane

CORRUPT_TRIES = 3


class Fetch:
    """Reads chunks for the partitions that run; everything else it drops, because it will be read again."""

    def __init__(self, consumer: Consumer, assignment: Assignment, most: int) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._most = most

    def next(self, wait_seconds: float) -> dict[int, list[SourceRecord]]:
        """Return the records of the next chunk by partition.

        `poll` returns with the first record and `consume` takes what else is there: asking `consume`
        to wait would always wait to the end.
        """
        first = self._consumer.poll(wait_seconds)
        if first is None:
            return {}
        chunk: dict[int, list[SourceRecord]] = {}
        corrupt: set[int] = set()
        messages: list[Any] = [first, *self._consumer.consume(self._most - 1, 0)]
        for message in messages:
            lane = self._assignment.lanes.get(message.partition())
            error = message.error()
            if error is not None:
                self._take_error(error, message, lane, corrupt)
            elif self._is_wanted(message, lane) and message.partition() not in corrupt:
                chunk.setdefault(message.partition(), []).append(message)
        return {partition: records for partition, records in chunk.items() if partition in self._assignment.lanes}

    @staticmethod
    def _is_wanted(message: Any, lane: Lane | None) -> bool:
        return lane is not None and not lane.paused and message.offset() >= lane.progress.source_position

    def read(self, lane: Lane, records: list[SourceRecord], rules: Rules) -> list[Inbound]:
        """Decode a partition's records."""
        return read_chunk(records, lane.partition, lane.customers, rules)

    def poll_paused(self) -> None:
        """Stay in the group while every partition is paused."""
        self._consumer.poll(0.1)

    def _take_error(self, error: KafkaError, message: Message, lane: Lane | None, corrupt: set[int]) -> None:
        code = error.code()
        if code in _CORRUPT and lane is not None:
            corrupt.add(lane.partition)
            self._retry_corrupt(lane)
        elif code in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
            raise StopError(
                f"Partition {message.partition()}: the orders to read next are not in the topic any more.",
                "Restore the topic, or rebuild into a new deployment.",
                code="ORDERS_LOST",
            )
        elif code in (KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED):
            raise StopError(f"Kafka denies access ({error.name()}).", "Grant READ and DESCRIBE.", code="KAFKA_DENIED")
        elif error.fatal():
            raise KafkaException(error)
        elif code == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise OutageError("The orders topic is away.", code="KAFKA_AWAY")

    def _retry_corrupt(self, lane: Lane) -> None:
        """Read the batch again, three times; the client would go on behind it and lose what it holds."""
        lane.corrupt_tries += 1
        if lane.corrupt_tries >= CORRUPT_TRIES:
            lane.paused = CORRUPT_BATCH
            self._assignment.pause(lane)
            return
        self._consumer.seek(TopicPartition(self._assignment.topic, lane.partition, lane.progress.source_position))


_CORRUPT = {KafkaError._BAD_MSG, KafkaError._BAD_COMPRESSION, KafkaError.INVALID_MSG}
