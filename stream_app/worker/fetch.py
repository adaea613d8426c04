"""What the consumer holds for us: one chunk at a time, by partition, small when idle and large under load."""

from __future__ import annotations

from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from stream_app.core.errors import OutageError, StopError
from stream_app.core.inbound import SourceRecord, Traces
from stream_app.core.pipeline import read_chunk
from stream_app.worker.assignment import Assignment
from stream_app.worker.kafka_refusals import RIGHTS
from stream_app.worker.lane import CORRUPT_BATCH, Lane
from stream_app.worker.work import LaneWork

TRIES = 3

log = structlog.get_logger("segstream.fetch")


class Fetch:
    """Reads chunks for the partitions that run; everything else it drops, because it will be read again."""

    def __init__(self, consumer: Consumer, assignment: Assignment, most: int) -> None:
        self._consumer = consumer
        self._assignment = assignment
        self._most = most

    def next(self, wait_seconds: float) -> dict[int, list[SourceRecord]]:
        """Return the records of the next chunk by partition.

        `poll` returns with the first record and `consume` takes what else is there: asking `consume`
        to wait would always wait to the end.
        """
        first = self._consumer.poll(wait_seconds)
        if first is None:
            return {}
        chunk: dict[int, list[SourceRecord]] = {}
        unread: set[int] = set()
        messages: list[Any] = [first, *self._consumer.consume(self._most - 1, 0)]
        for message in messages:
            lane = self._assignment.lanes.get(message.partition())
            error = message.error()
            if error is not None:
                _raise_for(error)
            if lane is None or lane.paused or lane.partition in unread:
                continue
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                lane.read_end = message.offset()
                continue
            if error is not None and error.code() not in _PASSING:
                unread.add(lane.partition)
                self._take_unread(lane, message)
            elif error is None and message.offset() >= lane.progress.source_position:
                chunk.setdefault(lane.partition, []).append(message)
        return {partition: records for partition, records in chunk.items() if partition in self._assignment.lanes}

    def read(self, lane: Lane, records: list[SourceRecord]) -> LaneWork:
        """Decode a partition's records."""
        traces: Traces = {}
        inbound = read_chunk(records, lane.partition, lane.customers, lane.basis.rules, traces)
        return LaneWork(lane, inbound, traces)

    def poll_paused(self) -> None:
        """Stay in the group while every partition is paused."""
        self._consumer.poll(0.1)

    def _take_unread(self, lane: Lane, message: Message) -> None:
        """Read again from where the lane stands, and pause it there when that has failed three times.

        Behind a batch that it cannot read, librdkafka takes any bytes for the next one: the offset of an
        error may come out of an order's text, and the client may go on there and lose all between.
        """
        error, position = message.error(), lane.progress.source_position
        assert error is not None
        if error.code() not in _OUT_OF_RANGE:
            lane.count_failure(position)
        elif message.offset() == position:
            raise StopError(
                f"Partition {lane.partition}: the orders to read next are not in the topic any more.",
                "Restore the topic, or rebuild into a new deployment.",
                code="ORDERS_LOST",
            )
        if lane.failures < TRIES:
            self._assignment.resume(lane)
            return
        log.error("orders cannot be read", partition=lane.partition, position=position, cause=error.str())
        lane.pause(CORRUPT_BATCH)
        self._assignment.pause(lane)


def _raise_for(error: KafkaError) -> None:
    code = error.code()
    if error.fatal() or code in RIGHTS:
        raise KafkaException(error)
    if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
        raise OutageError("The orders topic is away.", code="KAFKA_AWAY")


_OUT_OF_RANGE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
# The client goes on by itself. Any other error of a partition means that it cannot be read there: bad checksums,
# compression and formats have codes of their own, but a broker gave two different ones for one spoilt byte.
_PASSING = {
    KafkaError._TRANSPORT,
    KafkaError._TIMED_OUT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._RESOLVE,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.KAFKA_STORAGE_ERROR,
}
