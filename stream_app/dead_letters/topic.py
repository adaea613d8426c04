"""The dead-letter topic from its beginning to its end, marks among the letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.core.errors import OutageError, SegstreamError
from stream_app.dead_letters.letter import Letter, Mark, Place, read_letter
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import CALL_SECONDS, kafka_refusals, partition_count

MOST = 1_000
STEP_SECONDS = 0.2
SILENT_STEPS = 300
"""So many steps without news, and Kafka counts as away: more than the default of a transaction's time-out, which may
hold the end back."""

Bounds = Mapping[int, tuple[int, int]]


class LettersTopic:
    """A reader without a group: it disturbs nobody, and may begin again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = settings.topics.dead_letters

    def bounds(self) -> dict[int, tuple[int, int]]:
        """Return the first offset and the end of every partition, records of open transactions included."""
        consumer = Consumer(log_reader(self._settings, "letters", is_committed=False))
        try:
            count = partition_count(consumer, self._settings, self._topic)
            with kafka_refusals(self._settings):
                places = [TopicPartition(self._topic, partition) for partition in range(count)]
                found = [consumer.get_watermark_offsets(place, CALL_SECONDS) for place in places]
        finally:
            consumer.close()
        return {partition: (int(low), int(high)) for partition, (low, high) in enumerate(found)}

    def read(self, bounds: Bounds) -> Iterator[Letter | Mark]:
        """Yield what is committed between the bounds, each partition in its order.

        Waits until open transactions are over: behind one of a worker there may be marks.
        """
        left = {partition: end for partition, (start, end) in bounds.items() if end > start}
        consumer = Consumer(log_reader(self._settings, "letters", wait_ms=50))
        try:
            consumer.assign([TopicPartition(self._topic, partition, bounds[partition][0]) for partition in left])
            silent = 0
            while left:
                with kafka_refusals(self._settings):
                    records = cast(list[Any], consumer.consume(MOST, STEP_SECONDS))
                    found = _taken(records, left)
                silent = 0 if found else silent + 1
                if silent > SILENT_STEPS:
                    raise self._away()
                yield from found
        finally:
            consumer.close()

    def marks(self, bounds: Bounds) -> set[Place]:
        """Return the letters between the bounds that were sent again."""
        return {each.letter for each in self.read(bounds) if isinstance(each, Mark)}

    def waiting(self, bounds: Bounds) -> Iterator[Letter]:
        """Yield the letters that were not sent again; reads twice, as a mark comes behind its letter."""
        replayed = self.marks(bounds)
        for each in self.read(bounds):
            if isinstance(each, Letter) and each.place not in replayed:
                yield each

    def mark_of(self, letter: Letter) -> Mark | None:
        """Return what says that a letter was sent again, None while it waits."""
        partition = letter.place.partition
        behind = {partition: (letter.place.offset, self.bounds()[partition][1])}
        marks = (each for each in self.read(behind) if isinstance(each, Mark) and each.letter == letter.place)
        return next(marks, None)

    def one(self, place: Place) -> Letter:
        """Return the letter at a place; raises SegstreamError when there is none."""
        bounds = self.bounds().get(place.partition, (0, 0))
        if bounds[0] <= place.offset < bounds[1]:
            for found in self.read({place.partition: (place.offset, place.offset + 1)}):
                if isinstance(found, Letter):
                    return found
        raise SegstreamError(
            f"{self._topic} has no letter at {place}.", "See `segstream dlq list` and `export`.", code="LETTER_MISSING"
        )

    def _away(self) -> OutageError:
        return OutageError(
            f"The end of {self._topic} cannot be read: Kafka is silent, or a transaction stays open.",
            "Ask `segstream doctor`; then try again.",
            code="KAFKA_AWAY",
        )


def _taken(records: list[Any], left: dict[int, int]) -> list[Letter | Mark]:
    """Return what lies below each partition's end, and strike off the partitions that are read to it."""
    found = []
    for record in records:
        partition, offset, error = record.partition(), record.offset(), record.error()
        if partition not in left:
            continue
        if error is None:
            if offset < left[partition]:
                place = Place(partition, offset)
                each = read_letter(place, record.timestamp()[1], record.key(), record.value(), record.headers() or [])
                found += [each] if each is not None else []
            offset += 1
        elif error.code() != KafkaError._PARTITION_EOF:
            if not error.retriable():
                raise KafkaException(error)
            continue
        if offset >= left[partition]:
            del left[partition]
    return found
