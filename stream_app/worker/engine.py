"""The worker's one thread: fetch → load → agent → transaction → apply, and every way to begin again.

Whatever goes wrong leads to the same place: drop what is in memory and take the partitions over again
from what Kafka committed. The order of the effects below is the exactly-once protocol.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException

from model_store.errors import ModelRefused
from model_store.scoring import Scorer
from model_store.store import ModelStore
from stream_app.core.errors import OutageError, StopError
from stream_app.core.rules import Rules
from stream_app.settings import Settings
from stream_app.worker.assignment import Assignment
from stream_app.worker.cluster import find_identity
from stream_app.worker.control import Control
from stream_app.worker.fetch import Fetch
from stream_app.worker.gauges import Gauges
from stream_app.worker.health import Health
from stream_app.worker.kafka_config import orders_consumer, transactional_producer
from stream_app.worker.loader import load_lane
from stream_app.worker.meta import Identity
from stream_app.worker.operator import obey
from stream_app.worker.store import PartitionLost, Store
from stream_app.worker.takeover import ChangelogReader, Takeover
from stream_app.worker.transaction import Aborted, Transaction, Unsettled, outage_of
from stream_app.worker.work import LaneWork, Work

IDLE_SECONDS = 0.1
CHECK_SECONDS = 1.0
FATAL_LIMIT = 3
FATAL_WITHIN_SECONDS = 60.0
LONGEST_WAIT_SECONDS = 2.0

log = structlog.get_logger("segstream.engine")


class Engine:
    """Owns the consumer, the producer, Redis and the partitions; nothing of it is touched by another thread."""

    transaction_class: type[Transaction] = Transaction
    store_class: type[Store] = Store
    takeover_class: type[Takeover] = Takeover

    def __init__(self, settings: Settings, health: Health, submit: Callable[[Work], None]) -> None:
        self._settings = settings
        self._health = health
        self._submit = submit
        """Hands a chunk to the agent; the caller waits for `work.done`."""
        self._halt = threading.Event()
        self._nonce = uuid.uuid4().hex
        self._fatal_at: list[float] = []
        self._checked_at = 0.0
        self._run_id = ""
        self.store = self.store_class(settings)
        self.gauges = Gauges(settings, health)
        self._transaction: Transaction | None = None

    def halt(self) -> None:
        """Ask the thread to settle its chunk, leave the group and end."""
        self._halt.set()

    def run(self) -> None:
        """Work until halted; raises StopError with the reason when going on could break a promise."""
        self._control = Control(self._settings)
        self._reader = ChangelogReader(self._settings)
        try:
            if self._prepare():
                self._join()
                while not self._halt.is_set():
                    self._guarded(self._turn)
        finally:
            self._leave()

    def _prepare(self) -> bool:
        """Wait for Redis, Kafka, the topics and a model; False when halted before."""
        steps: list[Callable[[], bool]] = [self._meet_redis, self._meet_kafka, self._meet_model]
        for step in steps:
            while not self._guarded(step):
                if self._halt.wait(0.2):
                    return False
        return True

    def _meet_redis(self) -> bool:
        self.store.refuse_eviction()
        self.store.write_nonce(self._settings.instance_id, self._nonce)
        self._run_id = self.store.run_id()
        return True

    def _meet_kafka(self) -> bool:
        self._identity: Identity = find_identity(self._settings)
        settings = self._settings
        self._rules = Rules(
            deployment=settings.deployment,
            orders_topic=settings.topics.orders,
            partitions=self._identity.partitions,
            window_days=settings.window_days,
            currency=settings.currency,
            partitioner=settings.key_partitioner,
        )
        self._control.read_to_end()
        return True

    def _meet_model(self) -> bool:
        self._control.read(0.2)
        promotion = self._control.promotion()
        if promotion is None:
            return False
        try:
            model = ModelStore.at(self._settings.model_uri).load(promotion.version, promotion.sha256)
            if model.window_days != self._settings.window_days:
                raise ModelRefused(
                    f"Model {model.version} was trained with window_days {model.window_days}.",
                    "Set SEGSTREAM_WINDOW_DAYS to it, or train again.",
                    code="MODEL_WINDOW",
                )
        except ModelRefused as refused:
            self._health.problem = str(refused)
            return False
        self._scorer = Scorer(model)
        self._health.problem = ""
        self._health.model = model.version
        self.gauges.model(model.version, len(model.segments))
        return True

    def _join(self) -> None:
        self._consumer = Consumer(orders_consumer(self._settings, self._on_kafka_error))
        self._assignment = Assignment(self._consumer, self._settings.topics.orders, self._new_takeover)
        self._fetch = Fetch(self._consumer, self._assignment, self._settings.chunk_records)
        self._consumer.subscribe(
            [self._settings.topics.orders],
            on_assign=self._assignment.on_assign,
            on_revoke=self._assignment.on_revoke,
            on_lost=self._assignment.on_revoke,
        )

    def _leave(self) -> None:
        if hasattr(self, "_consumer"):
            self._consumer.close()
        self._control.close()
        self._reader.close()

    def _on_kafka_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._health.problem = "Kafka does not answer: no broker can be reached"

    def _new_takeover(self, partition: int, is_damaged: bool) -> Takeover:
        return self.takeover_class(
            partition, self._settings, self._consumer, self._reader, self.store, self._identity, is_damaged=is_damaged
        )

    def _guarded(self, step: Callable[[], bool]) -> bool:
        """Take one step; an outage is waited out, a doubtful transaction leads to takeovers, a bug passes through."""
        self._health.turned_at = time.monotonic()
        try:
            result = step()
        except OutageError as outage:
            self._wait_out(outage)
        except KafkaException as error:
            self._wait_out(outage_of(error))
        except Aborted as aborted:
            self._begin_again("aborted", str(aborted))
        except Unsettled as unsettled:
            self._transaction = None
            self._begin_again("unsettled", str(unsettled))
            self._count_fatal(str(unsettled))
        else:
            self._waited = 0
            return result
        return False

    _waited = 0

    def _wait_out(self, outage: OutageError) -> None:
        """Say what is away, stay in the group, and wait a little longer each time."""
        if self._health.problem != str(outage):
            log.warning("waiting", reason=outage.code, cause=outage.cause)
        self._health.problem = str(outage)
        if hasattr(self, "_assignment"):
            self._assignment.retake_all()
            self._publish()
        until = time.monotonic() + min(LONGEST_WAIT_SECONDS, 0.1 * 2**self._waited)
        self._waited = min(self._waited + 1, 10)
        while not self._halt.is_set() and time.monotonic() < until:
            if hasattr(self, "_consumer"):
                self._fetch.poll_paused()
            else:
                self._halt.wait(0.1)

    def _begin_again(self, reason: str, cause: str) -> None:
        log.warning("taking partitions over again", reason=reason, cause=cause)
        self.gauges.retaken(reason)
        self._assignment.retake_all()

    def _count_fatal(self, cause: str) -> None:
        """Stop when another process has our name, or when new producers keep dying."""
        if not self._guarded(lambda: self.store.is_nonce(self._settings.instance_id, self._nonce) or self._taken()):
            return
        now = time.monotonic()
        self._fatal_at = [at for at in self._fatal_at if now - at < FATAL_WITHIN_SECONDS] + [now]
        if len(self._fatal_at) >= FATAL_LIMIT:
            raise StopError(
                f"The producer failed {FATAL_LIMIT} times in a minute ({cause}).",
                "Look at the brokers' logs, then start the worker again.",
                code="PRODUCER_FATAL",
            )

    def _taken(self) -> bool:
        raise StopError(
            f"Another live process runs as {self._settings.instance_id}.",
            "Give every worker its own SEGSTREAM_INSTANCE_ID.",
            code="INSTANCE_TAKEN",
        )

    def _turn(self) -> bool:
        """Come round once."""
        transaction = self._producer()
        self._control.read()
        self.gauges.control_refused(self._control.refused)
        self._step_takeover()
        lanes = self._assignment.lanes
        has_more = not self._assignment.is_settled or any(lane.may_have_due for lane in lanes.values())
        records = self._fetch.next(0.0 if has_more else IDLE_SECONDS)
        works = [LaneWork(lanes[p], self._fetch.read(lanes[p], found, self._rules)) for p, found in records.items()]
        works += [LaneWork(lane, []) for lane in lanes.values() if lane.partition not in records]
        obeyed = {lane.partition for lane in lanes.values() if obey(lane, self._control)}
        self._process(transaction, self._load(works, obeyed), obeyed)
        self._tend()
        self._publish()
        return True

    def _producer(self) -> Transaction:
        if self._transaction is None:
            transaction = self.transaction_class(
                transactional_producer(self._settings, self._on_kafka_error), self._settings.topics, self._consumer
            )
            transaction.start()
            self._transaction = transaction
        return self._transaction

    def _step_takeover(self) -> None:
        lane = self._assignment.step()
        if lane is None:
            return
        if self._control.position < lane.control_position:
            self._control.read_to_end()
        log.info("partition ready", partition=lane.partition, position=lane.progress.source_position)
        if not lane.paused:
            self._assignment.resume(lane)

    def _load(self, works: list[LaneWork], obeyed: set[int]) -> list[LaneWork]:
        """Fetch the states the chunk needs; leave out partitions with nothing to do and those that were lost."""
        loaded = []
        is_busy = any(work.inbound for work in works)
        for work in works:
            try:
                load_lane(work, self.store, is_busy=is_busy)
            except PartitionLost as lost:
                self._lose(lost)
                continue
            if work.inbound or work.due or work.lane.partition in obeyed:
                loaded.append(work)
        return loaded

    def _lose(self, lost: PartitionLost) -> None:
        log.warning("taking a partition over again", partition=lost.partition, cause=str(lost))
        self.gauges.retaken("damaged" if lost.is_damaged else "lost")
        self._assignment.retake(lost.partition, is_damaged=lost.is_damaged)

    def _process(self, transaction: Transaction, works: list[LaneWork], obeyed: set[int]) -> None:
        """Fold, commit, apply: Kafka first, Redis second, so that Redis may lag the changelog and never lead it."""
        if not works:
            return
        chunk = Work(works, self._scorer, self._rules, self._identity)
        with self.gauges.chunk(sum(len(work.inbound) for work in works)):
            self._submit(chunk)
            chunk.done.result()
        writes = [work.write for work in works if work.write is not None]
        with self.gauges.transaction():
            positions = transaction.run(writes)
        self._health.committed_at = time.monotonic()
        with self.gauges.apply():
            self.apply(works, positions)
        for work in works:
            self._settle(work, obeyed)

    def apply(self, works: list[LaneWork], positions: dict[int, int]) -> None:
        """Write the committed states of every partition to Redis."""
        for work in works:
            lane = work.lane
            assert work.write is not None
            try:
                self.store.apply(
                    lane.lease,
                    work.rows,
                    position=positions[lane.partition],
                    source_position=lane.progress.source_position,
                    meta=work.write.meta,
                    customers=lane.progress.customers,
                )
            except PartitionLost as lost:
                self._lose(lost)

    def _settle(self, work: LaneWork, obeyed: set[int]) -> None:
        lane = work.lane
        self.gauges.count(work)
        lane.active_at = time.monotonic()
        lane.customers.update(work.outcome.touched)
        lane.keep(self._settings.cached_customers // max(1, len(self._assignment.lanes)))
        if work.is_due_complete:
            lane.nobody_due_until = max(lane.nobody_due_until, work.asked_until)
        if lane.partition not in self._assignment.lanes:
            return
        if lane.paused:
            log.error("partition paused", partition=lane.partition, reason=lane.paused)
            self._assignment.pause(lane)
        elif lane.partition in obeyed:
            self._assignment.resume(lane)

    def _tend(self) -> None:
        """Once a second make sure that idle partitions are still ours and whole, and that Redis did not restart."""
        now = time.monotonic()
        if now - self._checked_at < CHECK_SECONDS:
            return
        self._checked_at = now
        run_id = self.store.run_id()
        if run_id != self._run_id:
            self._run_id = run_id
            self._begin_again("redis restarted", "run_id changed")
            return
        for lane in list(self._assignment.lanes.values()):
            try:
                lane.scrub_rank = self.store.check(lane.lease, lane.scrub_rank)
            except PartitionLost as lost:
                self._lose(lost)
        self.gauges.lag(self._consumer, self._assignment.lanes)

    def _publish(self) -> None:
        health, assignment = self._health, self._assignment
        health.assigned = assignment.assigned
        health.running = frozenset(assignment.lanes)
        health.is_joined = assignment.is_joined
        health.paused = {lane.partition: lane.paused for lane in assignment.lanes.values() if lane.paused}
        if assignment.is_settled and assignment.lanes:
            health.problem = ""
