"""Follows the topic of segment changes, as any subscriber could."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaError, TopicPartition

from stream_app.contract.segment_change import ChangeMessage, decode_change
from stream_app.settings import Settings
from stream_app.words import describe_change
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import kafka_refusals, partition_count

SEEK_SECONDS = 10.0

FROM_BEGINNING, FROM_NOW = OFFSET_BEGINNING, OFFSET_END


@dataclass(frozen=True)
class Filter:
    """Which changes are wanted; an empty set wants all."""

    segments: frozenset[str] = field(default_factory=frozenset)
    """Ids or names, lower case: where a customer comes from or goes to; `lapsed` is one too."""
    causes: frozenset[str] = field(default_factory=frozenset)
    customers: frozenset[str] = field(default_factory=frozenset)

    def wants(self, change: ChangeMessage) -> bool:
        """Tell whether a change passes all three."""
        return (
            (not self.causes or change.cause in self.causes)
            and (not self.customers or change.customer_id in self.customers)
            and (not self.segments or not self.segments.isdisjoint(_segments(change)))
        )


def _segments(change: ChangeMessage) -> set[str]:
    names = {"lapsed"} if change.to is None else set()
    for segment in (change.from_, change.to):
        if segment is not None:
            names |= {segment["id"].lower(), segment["name"].lower()}
    return names


class Changes:
    """A reader of committed changes on all partitions, without a group."""

    def __init__(self, settings: Settings, *, start: int = FROM_NOW) -> None:
        """`start`: FROM_BEGINNING, FROM_NOW, or the instant from which on changes were published."""
        self._consumer = Consumer(log_reader(settings, "tail"))
        topic = settings.topics.changes
        self.partitions = partition_count(self._consumer, settings, topic)
        self._at_end: set[int] = set()
        places = [TopicPartition(topic, partition, start) for partition in range(self.partitions)]
        if start not in (FROM_BEGINNING, FROM_NOW):
            with kafka_refusals(settings):
                places = self._places_since(places, start // 1_000)
        self._consumer.assign(places)

    def _places_since(self, places: list[TopicPartition], timestamp_ms: int) -> list[TopicPartition]:
        for place in places:
            place.offset = timestamp_ms
        return self._consumer.offsets_for_times(places, SEEK_SECONDS)

    def read(self, timeout_seconds: float) -> Iterator[bytes]:
        """Yield the changes that are there, waiting for the first one."""
        for record in self._consumer.consume(1_000, timeout_seconds):
            error, value = record.error(), record.value()
            if error is None and value is not None:
                self._at_end.discard(record.partition() or 0)
                yield value
            elif error is not None and error.code() == KafkaError._PARTITION_EOF:
                self._at_end.add(record.partition() or 0)

    def is_at_end(self) -> bool:
        """Tell whether every partition was read to its end."""
        return len(self._at_end) == self.partitions

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Wish:
    """What a person wants to see of the topic."""

    filter: Filter = Filter()
    limit: int | None = None
    is_following: bool = True
    """False: end when all that was published is read."""
    as_json: bool = False


def follow(changes: Changes, wish: Wish, write: Callable[[str], None]) -> None:
    """Write the wanted changes until the limit, the end or Ctrl-C."""
    written = 0
    while wish.is_following or not changes.is_at_end():
        for value in changes.read(0.2):
            change = decode_change(value)
            if wish.filter.wants(change):
                write(value.decode() if wish.as_json else f"{change.as_of}  {describe_change(change)}")
                written += 1
                if written == wish.limit:
                    return
