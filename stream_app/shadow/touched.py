"""Whose orders lie in a stretch of a partition."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.core.errors import OutageError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import kafka_refusals

MOST = 2_000
STEP_SECONDS = 1.0
SILENT_STEPS = 30


def touched(settings: Settings, partition: int, start: int, end: int, customers: Collection[bytes]) -> set[bytes]:
    """Return those of the customers who have records at `start` or later and before `end`."""
    found: set[bytes] = set()
    at, silent = start, 0
    consumer = Consumer(log_reader(settings, "diff", wait_ms=50))
    try:
        consumer.assign([TopicPartition(settings.topics.orders, partition, start)])
        while at < end and len(found) < len(customers):
            with kafka_refusals(settings):
                records = cast(list[Any], consumer.consume(MOST, STEP_SECONDS))
                for record in records:
                    at = max(at, _next(record))
                    if record.error() is None and record.offset() < end and record.key() in customers:
                        found.add(record.key())
            silent = 0 if records else silent + 1
            if silent >= SILENT_STEPS:
                raise OutageError("The orders cannot be read.", "Ask `segstream doctor`.", code="KAFKA_AWAY")
    finally:
        consumer.close()
    return found


def _next(record: Any) -> int:
    """Return where reading has come to with a record, or with the end of the partition."""
    error = record.error()
    if error is None:
        return int(record.offset()) + 1
    if error.code() == KafkaError._PARTITION_EOF:
        return int(record.offset())
    if error.retriable():
        return 0
    raise KafkaException(error)
