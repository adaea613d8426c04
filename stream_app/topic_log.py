"""A topic from one offset to another, read without a group: nothing is committed, and no worker is disturbed."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any, NamedTuple, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.core.errors import OutageError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import CALL_SECONDS, can_read_on, kafka_refusals, partition_count

MOST = 2_000
STEP_SECONDS = 0.2
SILENT_SECONDS = 30.0
"""So long without anything new, and Kafka counts as away."""

Bounds = Mapping[int, tuple[int, int]]
"""By partition: the first offset, and the end, which is not read any more."""


class Step(NamedTuple):
    """What one look at the log brought."""

    records: list[Any]
    """Between the bounds, each partition's in order."""
    passed: int
    """Offsets of the whole stretch that are behind the reader now; markers of transactions take some, too."""


def bounds_of(
    consumer: Consumer, settings: Settings, topic: str, partitions: Iterable[int] | None = None
) -> dict[int, tuple[int, int]]:
    """Return where partitions, all by default, begin and end for a reader of the consumer's isolation."""
    count = partition_count(consumer, settings, topic)
    places = [TopicPartition(topic, partition) for partition in (range(count) if partitions is None else partitions)]
    with kafka_refusals(settings):
        found = [consumer.get_watermark_offsets(place, CALL_SECONDS) for place in places]
    return {place.partition: (int(low), int(high)) for place, (low, high) in zip(places, found, strict=True)}


def find_bounds(
    settings: Settings, topic: str, role: str, partitions: Iterable[int] | None = None, *, is_committed: bool = True
) -> dict[int, tuple[int, int]]:
    """Return the bounds by a reader that is opened for it; False: records of open transactions included."""
    consumer = Consumer(log_reader(settings, role, is_committed=is_committed))
    try:
        return bounds_of(consumer, settings, topic, partitions)
    finally:
        consumer.close()


def read_between(
    settings: Settings, topic: str, role: str, bounds: Bounds,
    *, waits_for_open: bool = False, silent_seconds: float = SILENT_SECONDS,
) -> Generator[Step, None, None]:  # fmt: skip
    """Yield what is committed between the bounds; every call yields the same, if no transaction was open.

    An open transaction hides what is behind it: that is left out, or waited for. Raises OutageError
    when nothing new comes for too long.
    """
    ends = {partition: end for partition, (start, end) in bounds.items() if end > start}
    at = {partition: bounds[partition][0] for partition in ends}
    total = sum(ends[partition] - offset for partition, offset in at.items())
    consumer = Consumer(log_reader(settings, role, wait_ms=50))
    try:
        consumer.assign([TopicPartition(topic, partition, offset) for partition, offset in at.items()])
        silent, left = 0, total
        while left:
            with kafka_refusals(settings):
                records = _advance(cast(list[Any], consumer.consume(MOST, STEP_SECONDS)), at, ends, waits_for_open)
            before, left = left, sum(ends[partition] - offset for partition, offset in at.items())
            silent = 0 if left < before else silent + 1
            if silent * STEP_SECONDS >= silent_seconds:
                raise _away(settings, topic, silent_seconds)
            yield Step(records, total - left)
    finally:
        consumer.close()


def _advance(records: list[Any], at: dict[int, int], ends: dict[int, int], waits_for_open: bool) -> list[Any]:
    """Return the records below their partition's end, and note how far the reader has come in each."""
    found = []
    for record in records:
        partition, error = record.partition(), record.error()
        if error is None:
            if record.offset() < ends[partition]:
                found.append(record)
            at[partition] = min(record.offset() + 1, ends[partition])
        elif error.code() == KafkaError._PARTITION_EOF:
            end = min(record.offset(), ends[partition]) if waits_for_open else ends[partition]
            at[partition] = max(at[partition], end)
        elif not can_read_on(error):
            raise KafkaException(error)
    return found


def _away(settings: Settings, topic: str, seconds: float) -> OutageError:
    return OutageError(
        f"Kafka at {settings.kafka_bootstrap_servers} gave nothing of {topic} for {seconds:.0f} s: it is silent, or a "
        "transaction stays open.",
        "Ask `segstream doctor`; then try again.",
        code="KAFKA_AWAY",
    )
