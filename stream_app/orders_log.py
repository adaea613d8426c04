"""The orders topic from its beginning to where it ended when the reading began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.core.errors import OutageError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import CALL_SECONDS, can_read_on, kafka_refusals, partition_count

MOST = 2_000
STEP_SECONDS = 1.0
SILENT_STEPS = 30
"""So many steps without a record or an end, and Kafka counts as away."""

Batch = tuple[int, list[Any]]
"""A partition, and records of it in their order."""


class OrdersLog:
    """A reader without a group: it commits nothing, disturbs no worker, and may begin again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = settings.topics.orders
        self._bounds = self._find_bounds()

    @property
    def partitions(self) -> int:
        """How many partitions the topic has."""
        return len(self._bounds)

    def read(self, progress: Callable[[str], None]) -> Iterator[Batch]:
        """Yield every committed record, each partition's in order; every call yields the same stretch of the log."""
        wanted = {partition: end for partition, (start, end) in self._bounds.items() if end > start}
        total = sum(end - start for start, end in self._bounds.values())
        left = dict(wanted)
        consumer = Consumer(log_reader(self._settings, "trainer", wait_ms=100))
        try:
            consumer.assign([TopicPartition(self._topic, each, self._bounds[each][0]) for each in wanted])
            at = {partition: self._bounds[partition][0] for partition in wanted}
            silent = 0
            while left:
                with kafka_refusals(self._settings):
                    batches = _sorted_out(cast(list[Any], consumer.consume(MOST, STEP_SECONDS)), left, at)
                silent = 0 if batches else silent + 1
                if silent >= SILENT_STEPS:
                    raise self._away()
                yield from batches
                done = sum(min(offset, wanted[each]) - self._bounds[each][0] for each, offset in at.items())
                progress(f"Reading {self._topic}: {done:,} of {total:,} records")
        finally:
            consumer.close()

    def _find_bounds(self) -> dict[int, tuple[int, int]]:
        consumer = Consumer(log_reader(self._settings, "trainer"))
        try:
            count = partition_count(consumer, self._settings, self._topic)
            with kafka_refusals(self._settings):
                found = [
                    consumer.get_watermark_offsets(TopicPartition(self._topic, each), CALL_SECONDS)
                    for each in range(count)
                ]
        finally:
            consumer.close()
        return {partition: (int(low), int(high)) for partition, (low, high) in enumerate(found)}

    def _away(self) -> OutageError:
        return OutageError(
            f"Kafka at {self._settings.kafka_bootstrap_servers} gave no record of {self._topic} for "
            f"{SILENT_STEPS * STEP_SECONDS:.0f} s.",
            "Ask `segstream doctor`; then train again.",
            code="KAFKA_AWAY",
        )


def _sorted_out(records: list[Any], left: dict[int, int], at: dict[int, int]) -> list[Batch]:
    """Return the records below each partition's end by partition, and strike off what is read to its end."""
    found: dict[int, list[Any]] = {}
    for record in records:
        partition, error = record.partition(), record.error()
        if error is None:
            at[partition] = record.offset() + 1
            if partition in left and record.offset() < left[partition]:
                found.setdefault(partition, []).append(record)
        elif error.code() == KafkaError._PARTITION_EOF:
            # The end a committed reader sees may lie below an open transaction: what it holds is not yet there.
            at[partition] = max(at[partition], left.get(partition, 0))
        elif not can_read_on(error):
            raise KafkaException(error)
    for partition in [each for each, end in left.items() if at[each] >= end]:
        del left[partition]
    return list(found.items())
