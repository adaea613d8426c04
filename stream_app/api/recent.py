"""The last changes in memory, for feeds that poll: one reader of the topic for all of them."""

from __future__ import annotations

import threading
from contextlib import closing
from operator import itemgetter

from confluent_kafka import Consumer, KafkaException, TopicPartition

from stream_app.core.errors import SegstreamError
from stream_app.settings import Settings
from stream_app.topic_log import bounds_of
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import CALL_SECONDS

KEPT = 500
POLL_SECONDS = 0.2
AGAIN_SECONDS = 2.0


class KafkaRecent(threading.Thread):
    """Keeps the last changes as published, in the order in which they were read."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="recent", daemon=True)
        self._settings = settings
        self._stopping = threading.Event()
        self._kept: list[tuple[int, bytes]] = []
        """With the instant at which each was published, ascending."""
        self.is_reading = False
        """True once the topic was found."""
        self.away = ""
        """Why nothing is read; empty while all is well."""

    def newest(self, limit: int) -> list[bytes]:
        """Return the newest changes, the newest first."""
        return [value for _, value in self._kept[: -limit - 1 : -1]]

    def run(self) -> None:
        """Read until stopped."""
        while not self._stopping.is_set():
            try:
                # A name server that does not answer is an outage like any other, and met here.
                with closing(Consumer(log_reader(self._settings, "api-recent"))) as consumer:
                    self._begin(consumer)
                    self._read(consumer)
            except (SegstreamError, KafkaException) as error:
                # Kafka is away, or the topics are still to be created.
                self.is_reading, self.away = False, str(error)
                self._stopping.wait(AGAIN_SECONDS)
        self.is_reading = False

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        if self.is_alive():
            self.join(CALL_SECONDS)

    def _begin(self, consumer: Consumer) -> None:
        topic = self._settings.topics.changes
        bounds = bounds_of(consumer, self._settings, topic)
        # A few more: markers of transactions take offsets too.
        most = 2 * KEPT // len(bounds)
        consumer.assign(
            [TopicPartition(topic, partition, max(low, high - most)) for partition, (low, high) in bounds.items()]
        )
        self.is_reading, self.away = True, ""

    def _read(self, consumer: Consumer) -> None:
        kept: list[tuple[int, bytes]] = []
        while not self._stopping.is_set():
            found = []
            for record in consumer.consume(KEPT, POLL_SECONDS):
                error, value = record.error(), record.value()
                if error is not None and error.fatal():
                    raise KafkaException(error)
                if error is None and value is not None:
                    found.append((record.timestamp()[1], value))
            if found:
                # Partitions come one after the other at the start. Swapped whole: another thread reads it.
                self._kept = sorted([*kept, *found], key=itemgetter(0))[-KEPT:]
                kept = self._kept
