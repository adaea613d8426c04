"""The partitions that the group gives and takes: paused on arrival, run only after a takeover."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import structlog
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from stream_app.core.errors import OutageError, PartitionWaits
from stream_app.worker.lane import MARKER_KEY, Lane
from stream_app.worker.meta import formats_of
from stream_app.worker.store import PartitionLost
from stream_app.worker.takeover import Takeover

REST_SECONDS = 0.5

log = structlog.get_logger("segstream.assignment")

NewTakeover = Callable[[int, bool], Takeover]


class Assignment:
    """Keeps track of which partitions are assigned, being taken over, and running as lanes."""

    def __init__(self, consumer: Consumer, topic: str, new_takeover: NewTakeover) -> None:
        self._consumer = consumer
        self.topic = topic
        self._new_takeover = new_takeover
        self._waiting: dict[int, bool] = {}
        """Assigned and not yet running; True when the keys in Redis are damaged."""
        self._rests_until: dict[int, float] = {}
        """Partitions for which something is not at hand are tried again then."""
        self.waits: dict[int, str] = {}
        """What is not at hand, as a sentence for each of them."""
        self._current: tuple[int, Iterator[None], Takeover] | None = None
        self.lanes: dict[int, Lane] = {}
        self.is_joined = False

    @property
    def assigned(self) -> frozenset[int]:
        """The partitions that are ours, running or not."""
        return frozenset(self.lanes) | frozenset(self._waiting)

    @property
    def is_settled(self) -> bool:
        """True when every assigned partition runs, or waits for something of its own."""
        return self._waiting.keys() <= self.waits.keys()

    @property
    def can_step(self) -> bool:
        """True when a takeover is under way or can begin."""
        return self._current is not None or self._next() is not None

    @property
    def takeover(self) -> Takeover | None:
        """The takeover under way."""
        return None if self._current is None else self._current[2]

    def _next(self) -> int | None:
        now = time.monotonic()
        return min((p for p in self._waiting if self._rests_until.get(p, 0.0) <= now), default=None)

    def on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Take new partitions in, paused: under the default assignment records leak before the pause."""
        self.is_joined = True
        fresh = [TopicPartition(self.topic, found.partition, OFFSET_BEGINNING) for found in partitions]
        consumer.incremental_assign(fresh)
        consumer.pause(fresh)
        self._waiting.update({found.partition: False for found in partitions})

    def on_revoke(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        """Let partitions go: no transaction is open between chunks, and the claim fences what is not in Redis yet."""
        for found in partitions:
            self._forget(found.partition)

    def retake(self, partition: int, *, is_damaged: bool = False) -> None:
        """Drop what is known of a partition and take it over again, if it is still assigned."""
        if partition not in self.assigned:
            return
        self._forget(partition)
        self._consumer.pause([TopicPartition(self.topic, partition)])
        self._waiting[partition] = is_damaged

    def retake_all(self) -> None:
        """Take every assigned partition over again."""
        for partition in self.assigned:
            self.retake(partition, is_damaged=self._waiting.get(partition, False))

    def _forget(self, partition: int) -> None:
        self.lanes.pop(partition, None)
        self._waiting.pop(partition, None)
        self.waits.pop(partition, None)
        if self._current is not None and self._current[0] == partition:
            self._current = None

    def step(self) -> Lane | None:
        """Take one step of the takeover under way; return the lane that it made ready."""
        if self._current is None:
            if (partition := self._next()) is None:
                return None
            takeover = self._new_takeover(partition, self._waiting[partition])
            self._current = (partition, takeover.steps(), takeover)
        partition, steps, takeover = self._current
        try:
            next(steps, None)
        except PartitionLost as lost:
            self.retake(partition, is_damaged=lost.is_damaged)
            return None
        except PartitionWaits as away:
            self._current = None
            self._rest(partition, away)
            return None
        except OutageError:
            self._current = None
            raise
        return self._finish(partition, takeover) if takeover.result is not None else None

    def put_off(self, partition: int, away: PartitionWaits) -> None:
        """Take a partition over again once what it needs is at hand."""
        self.retake(partition)
        self._rest(partition, away)

    def _rest(self, partition: int, away: PartitionWaits) -> None:
        if self.waits.get(partition) != str(away):
            log.warning("partition waits", partition=partition, reason=away.code, cause=away.cause)
        self.waits[partition] = str(away)
        self._rests_until[partition] = time.monotonic() + REST_SECONDS

    def _finish(self, partition: int, takeover: Takeover) -> Lane:
        assert takeover.result is not None
        self._current = None
        self._waiting.pop(partition)
        self.waits.pop(partition, None)
        result = takeover.result
        lane = Lane(result.lease, result.progress, result.active, result.basis, result.figures)
        lane.must_write = result.figures.is_counted or result.progress.blocks.has_unwritten
        if result.meta is not None:
            lane.control_position = result.meta.control_position
            # Another key may be set by now: reading the marker again tells.
            lane.paused = "" if result.meta.paused == MARKER_KEY else result.meta.paused
            lane.unclean_since = result.meta.unclean_since
            lane.swapped = result.meta.swapped
            lane.given_up = result.meta.given_up
            lane.oldest_format = formats_of(result.meta)[0]
        self.lanes[partition] = lane
        return lane

    def resume(self, lane: Lane) -> None:
        """Read the lane's orders from where its state stands."""
        # What was read behind that place and not folded comes again.
        lane.read_end = 0
        position = TopicPartition(self.topic, lane.partition, lane.progress.source_position)
        try:
            self._consumer.seek(position)
        except KafkaException as error:
            if error.args[0].code() != KafkaError._STATE:
                raise OutageError(f"Kafka refuses to seek ({error.args[0].name()}).", code="KAFKA_AWAY") from error
            # The client asked for an offset that is not there and gave the partition up: only assigning wakes it.
            self._consumer.incremental_unassign([position])
            self._consumer.incremental_assign([position])
        self._consumer.resume([position])

    def pause(self, lane: Lane) -> None:
        """Stop reading the lane's orders."""
        self._consumer.pause([TopicPartition(self.topic, lane.partition)])
