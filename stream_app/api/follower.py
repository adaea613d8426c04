"""One client's way through the changes: a Kafka consumer without a group that stands where the client stands."""

from __future__ import annotations

from http import HTTPStatus

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.api.places import decode_places, encode_places
from stream_app.api.problems import Problem
from stream_app.api.sources import Event
from stream_app.contract.segment_change import decode_change
from stream_app.settings import Settings
from stream_app.tail import FROM_BEGINNING, FROM_NOW, Filter
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import kafka_refusals, partition_count

CALL_SECONDS = 1.5
READ_SECONDS = 0.25
AT_ONCE = 200
LITTLE_MEMORY = {"queued.min.messages": 500, "queued.max.messages.kbytes": 1_024, "fetch.message.max.bytes": 262_144}
"""What the Kafka client holds for somebody who reads slowly; Kafka keeps the rest."""

_HINT = "Begin anew: leave Last-Event-ID out, and say ?since= for what was missed."


class KafkaFollower:
    """Reads committed changes in the order of each partition; what blocks here is for a thread of its own."""

    def __init__(self, settings: Settings, wanted: Filter) -> None:
        self._settings = settings
        self._wanted = wanted
        self._topic = settings.topics.changes
        self._offsets: list[int] = []
        self._consumer = Consumer(log_reader(settings, "api-stream", wait_ms=250) | LITTLE_MEMORY)

    def begin(self, last_id: str | None, since: int) -> str:
        """Go to the place after an event, or to where `since` says; return its id. Raises Problem, SegstreamError."""
        count = partition_count(self._consumer, self._settings, self._topic)
        with kafka_refusals(self._settings):
            ends = [self._ends(partition) for partition in range(count)]
            self._offsets = self._since(since, ends) if last_id is None else resumed(last_id, ends)
        self._consumer.assign([TopicPartition(self._topic, p, offset) for p, offset in enumerate(self._offsets)])
        return encode_places(self._offsets)

    def read(self) -> list[Event]:
        """Return the wanted changes that are there, after waiting a moment for the first; raises KafkaException."""
        found = []
        for record in self._consumer.consume(AT_ONCE, READ_SECONDS):
            error, value = record.error(), record.value()
            if error is not None:
                _check(error)
                continue
            self._offsets[record.partition() or 0] = (record.offset() or 0) + 1
            if value is not None and self._wanted.wants(decode_change(value)):
                found.append(Event(encode_places(self._offsets), value.decode()))
        return found

    @property
    def place(self) -> str:
        """The id of where the reader stands, past changes that were not wanted too."""
        return encode_places(self._offsets)

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def _ends(self, partition: int) -> tuple[int, int]:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(self._topic, partition), CALL_SECONDS)
        return low, high

    def _since(self, since: int, ends: list[tuple[int, int]]) -> list[int]:
        if since in (FROM_NOW, FROM_BEGINNING):
            return [low if since == FROM_BEGINNING else high for low, high in ends]
        wanted = [TopicPartition(self._topic, p, since // 1_000) for p in range(len(ends))]
        found = self._consumer.offsets_for_times(wanted, CALL_SECONDS)
        if any(place.error is not None for place in found):
            raise KafkaException(next(place.error for place in found if place.error is not None))
        return [high if place.offset < 0 else place.offset for place, (_, high) in zip(found, ends, strict=True)]


def _check(error: KafkaError) -> None:
    """Raise KafkaException for what the reader cannot go on from: changes that are no longer kept would be missed."""
    if error.fatal() or error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE):
        raise KafkaException(error)


def resumed(last_id: str, ends: list[tuple[int, int]]) -> list[int]:
    """Return the offsets after an event, given the first and the next offset of each partition; raises Problem."""
    offsets = decode_places(last_id)
    if offsets is None or len(offsets) != len(ends):
        raise Problem(HTTPStatus.BAD_REQUEST, "BAD_EVENT_ID", "Last-Event-ID is none of these events.", _HINT)
    if any(offset < low for offset, (low, _) in zip(offsets, ends, strict=True)):
        raise Problem(HTTPStatus.GONE, "CHANGES_GONE", "The changes after this event are no longer kept.", _HINT)
    if any(offset > high for offset, (_, high) in zip(offsets, ends, strict=True)):
        raise Problem(HTTPStatus.BAD_REQUEST, "BAD_EVENT_ID", "Last-Event-ID lies ahead of the changes.", _HINT)
    return offsets
