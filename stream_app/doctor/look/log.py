"""Reads a stretch of a topic without a group, up to where it ended when the reading began."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from stream_app.doctor.look.kafka import quiet
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader

READ_SECONDS = 4.0
MOST = 500


def read_log(settings: Settings, topic: str, stretches: Mapping[int, tuple[int, int]]) -> Iterator[Any]:
    """Yield the records of each partition's stretch, first offset and end; stops when the time is over."""
    unread = {partition: end for partition, (start, end) in stretches.items() if end > start}
    if not unread:
        return
    consumer = Consumer(quiet(log_reader(settings, "doctor", wait_ms=100)))
    try:
        consumer.assign([TopicPartition(topic, partition, stretches[partition][0]) for partition in unread])
        yield from _read(consumer, unread)
    finally:
        consumer.close()


def _read(consumer: Consumer, unread: dict[int, int]) -> Iterator[Any]:
    deadline = time.monotonic() + READ_SECONDS
    while unread and time.monotonic() < deadline:
        first = consumer.poll(0.2)
        rest: list[Any] = consumer.consume(MOST, 0) if first is not None else []
        record: Any
        for record in ([first] if first is not None else []) + rest:
            partition, error = record.partition(), record.error()
            if error is None:
                yield record
                if record.offset() + 1 >= unread.get(partition, 0):
                    unread.pop(partition, None)
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.pop(partition, None)
