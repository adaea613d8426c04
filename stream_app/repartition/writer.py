"""Writes to the new topics in transactions of which there is one writer: a second one ends the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, Producer, TopicPartition

from stream_app.contract.dead_letter import Headers
from stream_app.core.errors import OutageError, SegstreamError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader, plain_producer
from stream_app.worker.kafka_refusals import kafka_refusals

ROLE = "repartition"
CALL_SECONDS = 30.0
ROOM_BYTES = 16_000_000
"""What fitted into a record compressed may be larger unpacked, which is what the client measures."""

_TAKEN = {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH}


class Writer:
    """What it writes and how far it has read are committed together: after any kill, each record is there once."""

    def __init__(self, new: Settings) -> None:
        self._settings = new
        self._group = f"{new.topics.orders}.repartition"
        config = plain_producer(new, ROLE) | {
            "transactional.id": self._group,
            "transaction.timeout.ms": 60_000,
            "message.timeout.ms": 60_000,
            "message.max.bytes": ROOM_BYTES,
            "compression.type": "zstd",
        }
        self._producer = Producer(config)
        self._consumer = Consumer(log_reader(new, ROLE) | {"group.id": self._group})
        with _refused():
            self._producer.init_transactions(CALL_SECONDS)

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def reached(self, topic: str, partitions: int) -> dict[int, int]:
        """Return how far each partition of a topic was read, those of which nothing was left out."""
        asked = [TopicPartition(topic, partition) for partition in range(partitions)]
        with kafka_refusals(self._settings):
            found = self._consumer.committed(asked, CALL_SECONDS)
        return {place.partition: place.offset for place in found if place.offset != OFFSET_INVALID}

    @contextmanager
    def transaction(self, reached: dict[tuple[str, int], int]) -> Iterator[None]:
        """Commit what the body puts together with how far it has read; or nothing, if anything fails."""
        with _refused():
            self._producer.begin_transaction()
            try:
                yield
                offsets = [TopicPartition(topic, partition, at) for (topic, partition), at in reached.items()]
                group = self._consumer.consumer_group_metadata()
                self._producer.send_offsets_to_transaction(offsets, group, CALL_SECONDS)
                self._producer.commit_transaction(CALL_SECONDS)
            except BaseException:
                with suppress(KafkaException):
                    self._producer.abort_transaction(CALL_SECONDS)
                raise

    def put(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers | None = None,
        timestamp_ms: int = 0,
    ) -> None:  # fmt: skip
        """Hand a record to the client; waits while its queue is full."""
        said: Any = headers
        while True:
            try:
                self._producer.produce(topic, value, key, partition, headers=said, timestamp=timestamp_ms)
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(0.1)


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        problem = error.args[0]
        if problem.code() in _TAKEN:
            raise SegstreamError(
                "Another `segstream topics repartition` works on the same topics.",
                "Let it end, and run this one again.",
                code="REPARTITION_TAKEN",
            ) from error
        raise OutageError(
            f"Kafka did not take everything ({problem.name()}).",
            "Run the command again: it goes on, and nothing is there twice.",
            code="KAFKA_AWAY",
        ) from error
