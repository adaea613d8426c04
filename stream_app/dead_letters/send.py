"""Sends letters again, each with its mark in one transaction: both happened, or neither."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from stream_app.contract.dead_letter import Headers
from stream_app.contract.replay_mark import ORIGIN_HEADER, mark_headers
from stream_app.core.errors import OutageError, SegstreamError
from stream_app.dead_letters.letter import Letter
from stream_app.operators import told_by, told_now
from stream_app.settings import Settings
from stream_app.worker.kafka_config import plain_producer

SLICE = 500
"""So many letters make a transaction: while it is open, workers read no further."""
CALL_SECONDS = 15.0
ROOM_BYTES = 1_000_000
"""A larger order is sent without its origin, for which the topic might have no room."""


class LetterSender:
    """A transactional producer of which there is one in a deployment: a second one ends the first."""

    def __init__(self, settings: Settings) -> None:
        settings.require_live()
        self._topics = settings.topics
        timeout_ms = settings.kafka_transaction_timeout_ms
        config = plain_producer(settings, "letters") | {
            "transactional.id": f"{settings.topics.dead_letters}.replay",
            "transaction.timeout.ms": timeout_ms,
            "message.timeout.ms": timeout_ms,
            "message.max.bytes": 1_114_124,
        }
        self._producer = Producer(config)
        self._sent: list[tuple[int, int]] = []

    def begin(self) -> None:
        """End whatever another sender left open: what is committed now can be read, and nothing is added to it."""
        try:
            self._producer.init_transactions(CALL_SECONDS)
        except KafkaException as error:
            raise _failure(error) from error

    def send(self, letters: Sequence[Letter]) -> list[tuple[int, int]]:
        """Send letters and their marks; return the partitions and offsets at which the orders are now.

        Raises OutageError when nobody knows whether they are there: the marks will tell.
        """
        try:
            self._producer.begin_transaction()
            self.produce(letters)
            self.commit()
        except (KafkaException, BufferError) as error:
            with suppress(KafkaException):
                self._producer.abort_transaction(CALL_SECONDS)
            raise _failure(error) from error
        return self._sent

    def produce(self, letters: Sequence[Letter]) -> None:
        """Hand orders and marks to the client."""
        self._sent = []
        now, who = told_now(), told_by()
        for letter in letters:
            place = letter.place
            self._put(
                self._topics.orders, letter.partition, letter.key, letter.value, order_headers(letter),
                on_delivery=self._delivered,
            )  # fmt: skip
            mark = mark_headers(place.offset, letter.code, at=now, by=who)
            self._put(self._topics.dead_letters, place.partition, letter.key, None, mark)

    def commit(self) -> None:
        """Make both visible."""
        self._producer.commit_transaction(CALL_SECONDS)

    def _put(
        self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Any, **options: Any
    ) -> None:
        self._producer.produce(topic, value, key, partition, headers=headers, **options)
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, record: Any) -> None:
        if error is None:
            self._sent.append((record.partition(), record.offset()))


def order_headers(letter: Letter) -> Headers:
    """Return the headers of an order that is sent again: its own, and which letter it was."""
    if len(letter.value or b"") > ROOM_BYTES:
        return letter.headers
    return [(ORIGIN_HEADER, str(letter.place).encode()), *letter.headers]


def _failure(error: KafkaException | BufferError) -> SegstreamError:
    problem = error.args[0] if isinstance(error, KafkaException) else None
    if problem is not None and problem.code() in {KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH}:
        return SegstreamError(
            "Another `segstream dlq replay` began after this one.",
            "Let it end; letters that it sends are not sent by another run.",
            code="REPLAY_TAKEN",
        )
    return OutageError(
        f"Kafka did not take every letter ({problem.name() if problem is not None else 'queue full'}).",
        "Run the command again: what was sent is marked, and is not sent twice.",
        code="KAFKA_AWAY",
    )
