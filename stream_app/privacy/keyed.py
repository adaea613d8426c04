"""The records of a topic whose key is one customer's id, up to where the topic ended when the reading began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.core.errors import OutageError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import CALL_SECONDS, kafka_refusals, partition_count

MOST = 2_000
STEP_SECONDS = 1.0
SILENT_STEPS = 30
"""So many steps without a record or an end, and Kafka counts as away."""


def records_of(
    settings: Settings, topic: str, customer_id: str, partition: int | None, say: Callable[[str], None]
) -> Iterator[Any]:
    """Yield a customer's committed records; from every partition when it is not known which one is theirs."""
    consumer = Consumer(log_reader(settings, "export", wait_ms=100))
    try:
        count = partition_count(consumer, settings, topic)
        wanted = range(count) if partition is None else [partition]
        with kafka_refusals(settings):
            places = {each: TopicPartition(topic, each) for each in wanted}
            bounds = {each: consumer.get_watermark_offsets(place, CALL_SECONDS) for each, place in places.items()}
            unread = {each: end for each, (start, end) in bounds.items() if end > start}
            consumer.assign([TopicPartition(topic, each, bounds[each][0]) for each in unread])
            total = sum(bounds[each][1] - bounds[each][0] for each in unread)
            key = customer_id.encode()
            yield from _keyed(consumer, unread, key, lambda seen: say(f"{topic}: {seen:,} of {total:,}"))
    finally:
        consumer.close()


def _keyed(consumer: Consumer, unread: dict[int, int], key: bytes, say: Callable[[int], None]) -> Iterator[Any]:
    silent = seen = 0
    while unread:
        records = cast(list[Any], consumer.consume(MOST, STEP_SECONDS))
        silent = 0 if records else silent + 1
        if silent >= SILENT_STEPS:
            raise OutageError(
                f"Kafka gave no record for {SILENT_STEPS * STEP_SECONDS:.0f} s.", "Ask `segstream doctor`.",
                code="KAFKA_AWAY",
            )  # fmt: skip
        for record in records:
            partition, error = record.partition(), record.error()
            if error is None:
                seen += 1
                if record.key() == key and record.offset() < unread.get(partition, 0):
                    yield record
                if record.offset() + 1 >= unread.get(partition, 0):
                    unread.pop(partition, None)
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.pop(partition, None)
            elif not error.retriable():
                raise KafkaException(error)
        say(seen)
