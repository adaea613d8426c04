"""One Kafka transaction per chunk: changes, states, dead letters, meta records and offsets, all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from stream_app.contract.dead_letter import Headers
from stream_app.contract.topics import Topics
from stream_app.core.announcement import Announcement
from stream_app.core.errors import OutageError
from stream_app.worker.kafka_refusals import RIGHTS
from stream_app.worker.meta import META_KEY

SLICE_SECONDS = 5.0
"""How long one blocking call may take before it is called again."""


class Aborted(Exception):
    """The transaction did not happen; the partitions have to be taken over again."""

    def __init__(self, why: str, *, is_for_want_of_a_right: bool = False) -> None:
        super().__init__(why)
        self.is_for_want_of_a_right = is_for_want_of_a_right
        """True when it may be: of a record that was not taken the client says nothing more."""


class Unsettled(Exception):
    """The transaction may or may not have happened, or the producer is done for: only a new producer can tell."""


@dataclass
class Write:
    """What a chunk writes for one partition of the orders topic."""

    partition: int
    source_position: int
    meta: bytes
    customers: int
    """How many customers the partition has afterwards."""
    blocked: int = 0
    """How many entries its block list has afterwards."""
    changes: list[Announcement] = field(default_factory=list)
    states: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    """What goes into the changelog besides the meta record; None: a tombstone."""
    dead_letters: list[tuple[bytes | None, bytes | None, Headers]] = field(default_factory=list)


class GroupMember(Protocol):
    """The consumer, as far as a transaction needs it."""

    def consumer_group_metadata(self) -> object:
        """Return what tells the broker which member and generation commits."""


class Transaction:
    """Runs chunks through one transactional producer, in the thread that consumes."""

    def __init__(self, config: Mapping[str, Any], topics: Topics, member: GroupMember) -> None:
        self._producer = Producer(dict(config))
        self._topics = topics
        self._member = member
        self._meta_offsets: dict[int, int] = {}

    def start(self) -> None:
        """Fence every earlier producer of this instance and end what it left open."""
        try:
            self._producer.init_transactions(SLICE_SECONDS * 2)
        except KafkaException as error:
            raise outage_of(error) from error

    def run(self, writes: Iterable[Write]) -> dict[int, int]:
        """Commit the writes; return for each partition the changelog offset after its meta record.

        Each write is produced as soon as it is there: the client sends it while the next one is made.
        """
        try:
            self.begin()
            made = self.produce(writes)
            self.send_offsets(made)
        except (KafkaException, BufferError) as error:
            self._abort(error)
        except Unsettled:
            raise
        except Exception:
            # A bug while folding: the process ends, and committed readers need not wait for the time-out.
            with suppress(KafkaException):
                self._producer.abort_transaction(SLICE_SECONDS)
            raise
        self.commit()
        return {write.partition: self._meta_offsets[write.partition] + 1 for write in made}

    def begin(self) -> None:
        """Open the transaction."""
        self._meta_offsets = {}
        self._producer.begin_transaction()

    def produce(self, writes: Iterable[Write]) -> list[Write]:
        """Hand everything to the producer, one partition after the other; return what it was."""
        made: list[Write] = []
        for write in writes:
            self._produce(write)
            made.append(write)
        return made

    def _produce(self, write: Write) -> None:
        """Produce one partition's share; the meta record is its last."""
        topics, produce, partition = self._topics, self._producer.produce, write.partition
        for change in write.changes:
            produce(topics.changes, change.value, change.key, partition, headers=change.headers)
        for key, state in write.states:
            produce(topics.state, state, key, partition)
        for letter_key, letter, letter_headers in write.dead_letters:
            produce(topics.dead_letters, letter, letter_key, partition, headers=letter_headers)
        produce(topics.state, write.meta, META_KEY, partition, on_delivery=self._delivered)
        self._producer.poll(0)

    def _delivered(self, error: KafkaError | None, record: Any) -> None:
        if error is None:
            self._meta_offsets[record.partition()] = record.offset()

    def send_offsets(self, writes: Sequence[Write]) -> None:
        """Put the source position of every partition written into the transaction.

        Without them a paused former owner could still commit: an empty list is accepted from anybody.
        """
        offsets = [TopicPartition(self._topics.orders, write.partition, write.source_position) for write in writes]
        metadata = self._member.consumer_group_metadata()
        send = self._producer.send_offsets_to_transaction
        self._repeat(lambda: _within(SLICE_SECONDS * 2, lambda: send(offsets, metadata, SLICE_SECONDS)))

    def commit(self) -> None:
        """Commit; raises Aborted when it surely did not happen, Unsettled when nobody knows."""
        try:
            self._repeat(lambda: self._producer.commit_transaction(SLICE_SECONDS))
        except KafkaException as error:
            problem: KafkaError = error.args[0]
            if problem.txn_requires_abort():
                self._abort(error)
            raise Unsettled(problem.name()) from error

    def _repeat(self, call: Any) -> None:
        """Call again while the broker says later, until the transaction must have timed out."""
        for _ in range(6):
            try:
                call()
                return
            except KafkaException as error:
                if not error.args[0].retriable():
                    raise
                last = error
        raise last

    def _abort(self, cause: Exception) -> None:
        problem = cause.args[0] if isinstance(cause, KafkaException) else None
        if problem is not None and problem.fatal():
            raise Unsettled(problem.name()) from cause
        try:
            self._repeat(lambda: self._producer.abort_transaction(SLICE_SECONDS))
        except KafkaException as error:
            raise Unsettled(error.args[0].name()) from error
        if problem is None:
            raise Aborted("queue full") from cause
        is_refused = problem.code() in RIGHTS or problem.code() == KafkaError._INCONSISTENT
        raise Aborted(problem.name(), is_for_want_of_a_right=is_refused) from cause


def outage_of(error: KafkaException) -> OutageError:
    """Return the outage behind an error of Kafka's; raises it as it is when waiting does not mend it."""
    problem: KafkaError = error.args[0]
    if problem.retriable() or problem.code() in _AWAY:
        return OutageError(f"Kafka does not answer ({problem.name()}).", code="KAFKA_AWAY")
    raise error


def _within(seconds: float, call: Callable[[], None]) -> None:
    """Raise Unsettled when the call does not come back: this one heeds no timeout (librdkafka #5456, #5511).

    The thread left behind holds a producer that the next one fences.
    """
    done: Future[None] = Future()

    def run() -> None:
        try:
            call()
        except BaseException as error:
            done.set_exception(error)
        else:
            done.set_result(None)

    threading.Thread(target=run, daemon=True).start()
    try:
        done.result(seconds)
    except FutureTimeout:
        raise Unsettled("the client hangs") from None


_AWAY = {
    KafkaError._TIMED_OUT,
    KafkaError._TRANSPORT,
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._RESOLVE,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}
