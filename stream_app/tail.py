"""Follows the topic of segment changes, as any subscriber could."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, TopicPartition

from stream_app.contract.segment_change import decode_change
from stream_app.core.errors import SegstreamError
from stream_app.settings import Settings
from stream_app.words import describe_change
from stream_app.worker.kafka_config import log_reader


class Changes:
    """A reader of committed changes on all partitions, without a group."""

    def __init__(self, settings: Settings, *, from_beginning: bool) -> None:
        self._consumer = Consumer({**log_reader(settings, "tail"), "enable.partition.eof": False})
        topic = settings.topics.changes
        found = self._consumer.list_topics(topic, timeout=10).topics[topic]
        if not found.partitions:
            raise SegstreamError(f"Topic {topic} is missing.", "Run: segstream topics create", code="TOPICS_MISSING")
        start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        self._consumer.assign([TopicPartition(topic, partition, start) for partition in found.partitions])

    def read(self, timeout_seconds: float) -> Iterator[bytes]:
        """Yield the changes that are there, waiting for the first one."""
        for record in self._consumer.consume(1_000, timeout_seconds):
            value = record.value()
            if record.error() is None and value is not None:
                yield value

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()


def follow(
    settings: Settings, *, from_beginning: bool, limit: int | None, as_json: bool, write: Callable[[str], None]
) -> None:
    """Write changes until the limit or Ctrl-C."""
    changes = Changes(settings, from_beginning=from_beginning)
    written = 0
    try:
        while limit is None or written < limit:
            for value in changes.read(0.2):
                write(value.decode() if as_json else describe_change(decode_change(value)))
                written += 1
                if limit is not None and written >= limit:
                    return
    finally:
        changes.close()
