"""The worker's one thread: fetch → load → fold → commit → hold, and every way to begin again.

Whatever goes wrong leads to the same place: drop what is in memory and take the partitions over again
from what Kafka committed. The order of the effects below is the exactly-once protocol.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException

from stream_app.contract.rights import Role
from stream_app.core.errors import OutageError, PartitionWaits, StopError
from stream_app.settings import Settings
from stream_app.worker import loader
from stream_app.worker.allowance import Allowance
from stream_app.worker.applier import Applier
from stream_app.worker.assignment import Assignment
from stream_app.worker.basis import Basis
from stream_app.worker.changelog import ChangelogReader
from stream_app.worker.collector import spare_the_states
from stream_app.worker.control import Control
from stream_app.worker.fetch import Fetch
from stream_app.worker.gauges import ChunkClock, Gauges
from stream_app.worker.health import Health
from stream_app.worker.kafka_config import orders_consumer, transactional_producer
from stream_app.worker.kafka_rights import explain_denial, refuse_missing_rights
from stream_app.worker.lane import HELD
from stream_app.worker.loader import adopt_lane, load_lane, pay_lane, walk_lane
from stream_app.worker.models import Models
from stream_app.worker.namespace_states import NamespaceStates
from stream_app.worker.operator import begin_switch, obey
from stream_app.worker.pace import Pace
from stream_app.worker.patience import Patience
from stream_app.worker.spans import COMMIT, FOLD, LOAD, spans_of
from stream_app.worker.startup import Startup
from stream_app.worker.store import PartitionLost, Store
from stream_app.worker.takeover import Erased, Takeover
from stream_app.worker.transaction import Aborted, Transaction, Unsettled, Write, outage_of
from stream_app.worker.wall_clock import WallClock
from stream_app.worker.watch import RedisRestarted, Watch
from stream_app.worker.work import LaneWork

IDLE_SECONDS = 0.1
UNLIMITED = 1_000_000
"""Events a second: what an earlier life of the worker still owes goes out at once when there is no limit any more."""

log = structlog.get_logger("segstream.engine")


class Engine:
    """Owns the consumer, the producer, Redis and the partitions; the applier's thread only writes chunks to Redis."""

    transaction_class: type[Transaction] = Transaction
    store_class: type[Store] = Store
    takeover_class: type[Takeover] = Takeover
    applier_class: type[Applier] = Applier

    def __init__(self, settings: Settings, health: Health, submit: Callable[[LaneWork], None]) -> None:
        self._settings = settings
        self._health = health
        self._submit = submit
        """Hands a partition's share of a chunk to the agent; the caller waits for `work.done`."""
        self._halt = threading.Event()
        self._nonce = uuid.uuid4().hex
        self._patience = Patience()
        self.store = self.store_class(settings)
        self._namespaces = NamespaceStates(settings, self.store)
        self.gauges = Gauges(settings, health)
        self._transaction: Transaction | None = None
        self._spans = spans_of(settings)
        self._applier = self.applier_class(self.store, self.gauges, self._spans)
        self.wall_clock = WallClock(settings, self.store)
        self._watch = Watch(settings, self.store, self.gauges, self.wall_clock)
        self._allowance = Allowance(settings.model_events_per_second or UNLIMITED)
        self._slices = Pace(loader.BUSY_BUDGET, loader.IDLE_BUDGET, time.monotonic)

    def halt(self) -> None:
        """Ask the thread to settle its chunk, leave the group and end."""
        self._halt.set()

    def run(self) -> None:
        """Work until halted; raises StopError with the reason when going on could break a promise."""
        spare_the_states()
        self._control = Control(self._settings, is_worker=True)
        self._models = Models(self._settings, self._control)
        self._reader = ChangelogReader(self._settings)
        self._consumer = Consumer(orders_consumer(self._settings, self._on_kafka_error))
        self._assignment = Assignment(self._consumer, self._settings.topics.orders, self._new_takeover)
        self._fetch = self._new_fetch()
        try:
            if self._prepare():
                self._join()
                while not self._halt.is_set():
                    self._guarded(self._turn)
        finally:
            self._leave()

    def _new_fetch(self) -> Fetch:
        return Fetch(self._consumer, self._assignment, self._settings.chunk_records)

    def _prepare(self) -> bool:
        """Wait for Redis, Kafka, the topics and a model; False when halted before."""
        parts = (self.store, self._control, self._models, self._health)
        self._startup = Startup(self._settings, *parts, self._nonce)
        for step in self._startup.steps():
            while not self._guarded(step):
                if self._halt.wait(0.2):
                    return False
        self._basis = Basis(self._startup.rules, self._startup.identity)
        return True

    def _join(self) -> None:
        self._consumer.subscribe(
            [self._settings.topics.orders],
            on_assign=self._assignment.on_assign,
            on_revoke=self._assignment.on_revoke,
            on_lost=self._assignment.on_revoke,
        )

    def _leave(self) -> None:
        self._applier.close(self._assignment.lanes)
        self._consumer.close()
        self._control.close()
        self._reader.close()
        self._spans.close()

    def _on_kafka_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._watch.is_kafka_doubted = True

    def _new_takeover(self, partition: int, is_damaged: bool) -> Takeover:
        # A partition that begins anew must know of everybody who is erased by now.
        self._control.read()
        control, partitions = self._control, self._basis.identity.partitions
        parts = (self._settings, self._consumer, self._reader, self.store, self._basis, self._models)
        erased = Erased(lambda each: control.erased_in(each, partitions), control.erasure_keys)
        return self.takeover_class(
            partition, *parts, erased, is_damaged=is_damaged,
            start=control.start_of(partition), require=partial(self._namespaces.require, control.given_up),
            window_days_anew=self._startup.window_days_anew,
        )  # fmt: skip

    def _guarded(self, step: Callable[[], bool]) -> bool:
        """Take one step; an outage is waited out, a doubtful transaction leads to takeovers, a bug passes through."""
        self._health.turned_at = time.monotonic()
        try:
            result = step()
        except OutageError as outage:
            self._wait_out(outage)
        except KafkaException as error:
            explain_denial(self._settings, Role.WORKER, error.args[0])
            self._wait_out(outage_of(error))
        except Aborted as aborted:
            self._begin_again("aborted", str(aborted))
            self._blame(aborted)
        except Unsettled as unsettled:
            self._transaction = None
            self._begin_again("unsettled", str(unsettled))
            self._patience.count_death(str(unsettled))
        else:
            self._patience.succeeded()
            self.gauges.goes_on()
            return result
        return False

    def _blame(self, aborted: Aborted) -> None:
        """Raise StopError when it was aborted for want of a right: the next one would be, too."""
        if aborted.is_for_want_of_a_right:
            with suppress(OutageError):
                refuse_missing_rights(self._settings, Role.WORKER)

    def _wait_out(self, outage: OutageError) -> None:
        """Say what is away, stay in the group, and wait a little longer each time."""
        if self._health.problem != str(outage):
            log.warning("waiting", reason=outage.code, cause=outage.cause)
        self._health.problem = str(outage)
        self.gauges.waits_for(outage)
        self._drop_everything()
        self._publish()
        until = time.monotonic() + self._patience.next_wait()
        while not self._halt.is_set() and time.monotonic() < until:
            self._fetch.poll_paused()

    def _begin_again(self, reason: str, cause: str) -> None:
        log.warning("taking partitions over again", reason=reason, cause=cause)
        self.gauges.retaken(reason)
        self._drop_everything()

    def _drop_everything(self) -> None:
        """Take every partition over again; what is committed still goes to Redis, if that is there."""
        self._applier.start(self._assignment.lanes)
        self._assignment.retake_all()

    def _turn(self) -> bool:
        """Come round once."""
        transaction = self._producer()
        self._control.read()
        self.gauges.control_refused(self._control.refused)
        self._step_takeover()
        lanes = self._assignment.lanes
        self.wall_clock.move(lanes)
        has_more = (
            self._applier.is_holding
            or self._assignment.can_step
            or any(lane.may_have_due or lane.can_walk for lane in lanes.values())
            or (self._allowance.left() > 0 and any(lane.can_pay for lane in lanes.values()))
        )
        records = self._fetch.next(0.0 if has_more else IDLE_SECONDS)
        works = [self._fetch.read(lanes[p], found) for p, found in records.items()]
        self._finish_apply()
        self._tend()
        works = [work for work in works if lanes.get(work.lane.partition) is work.lane]
        works += [LaneWork(lane, []) for lane in lanes.values() if lane.partition not in records]
        is_patient = self._settings.model_events_per_second > 0
        said = self._control, self._models
        obeyed = {lane.partition for lane in lanes.values() if obey(lane, *said, is_patient=is_patient)}
        for lane in lanes.values():
            begin_switch(lane, *said, is_patient=is_patient)
        budget = self._slices.begin(has_orders=any(work.inbound for work in works))
        works = self._load(works, obeyed, budget)
        self._applier.start(lanes)
        self._process(transaction, works, obeyed)
        self._slices.end(is_full=any(not work.is_due_complete or work.walk for work in works))
        self._publish()
        return True

    def _producer(self) -> Transaction:
        if self._transaction is None:
            self._claim_name()
            transaction = self.transaction_class(
                transactional_producer(self._settings, self._on_kafka_error), self._settings.topics, self._consumer
            )
            transaction.start()
            self._transaction = transaction
        return self._transaction

    def _claim_name(self) -> None:
        """Stop when another live process has our name: its producer fenced ours, and ours would fence its."""
        instance_id = self._settings.instance_id
        if not self.store.is_nonce(instance_id, self._nonce):
            raise StopError(
                f"Another live process runs as {instance_id}.",
                "Give every worker its own SEGSTREAM_INSTANCE_ID.",
                code="INSTANCE_TAKEN",
            )

    def _step_takeover(self) -> None:
        lane = self._assignment.step()
        if lane is None:
            return
        if self._control.position < lane.control_position:
            self._control.read_to_end()
        log.info("partition ready", partition=lane.partition, position=lane.progress.source_position)
        if not lane.paused:
            self._assignment.resume(lane)

    def _load(self, works: list[LaneWork], obeyed: set[int], budget: int) -> list[LaneWork]:
        """Fetch the states the chunk needs, and so many more of each partition.

        Leaves out partitions with nothing to do, and those that were lost or have to wait.
        """
        loaded = []
        # One partition at a time: orders wait for the slice.
        walking = next((work for work in works if work.lane.can_walk), None)
        paying = next((work for work in works if work.lane.can_pay), None)
        for work in works:
            try:
                with self._spans.stage(LOAD, work):
                    load_lane(work, self.store, budget)
                    if work is walking:
                        walk_lane(work, self.store, self._namespaces, min(budget, loader.SLICE))
                    if work is paying and (allowed := self._allowance.left()) > 0:
                        self._allowance.take(pay_lane(work, self.store, allowed))
                    adopt_lane(work, self._namespaces)
            except PartitionLost as lost:
                self._lose(lost)
                continue
            except PartitionWaits as away:
                self._assignment.put_off(work.lane.partition, away)
                continue
            if work.has_something or work.lane.partition in obeyed:
                loaded.append(work)
        return loaded

    def _lose(self, lost: PartitionLost) -> None:
        log.warning("taking a partition over again", partition=lost.partition, cause=str(lost))
        self.gauges.retaken("damaged" if lost.is_damaged else "lost")
        self._assignment.retake(lost.partition, is_damaged=lost.is_damaged)

    def _process(self, transaction: Transaction, works: list[LaneWork], obeyed: set[int]) -> None:
        """Fold, commit, hold: Kafka first, Redis second, so that Redis may lag the changelog and never lead it."""
        if not works:
            return
        records = sum(len(work.inbound) for work in works)
        with self.gauges.chunk(records) as clock, self._spans.stage(COMMIT, *works):
            positions = transaction.run(self._fold(works, clock))
        self._health.committed_at = time.monotonic()
        for work in works:
            self.gauges.count(work)
        self._finish_apply()
        works = [work for work in works if self._assignment.lanes.get(work.lane.partition) is work.lane]
        self._applier.hold(works, positions)
        for work in works:
            self._settle(work, obeyed)

    def _fold(self, works: list[LaneWork], clock: ChunkClock) -> Iterator[Write]:
        for work in works:
            with clock.folding(), self._spans.stage(FOLD, work):
                self._submit(work)
                work.done.result()
            assert work.write is not None
            yield work.write

    def _finish_apply(self) -> None:
        """Wait for Redis, and take the partitions over again whose chunk it refused."""
        for lane, reason in self._applier.finish():
            if self._assignment.lanes.get(lane.partition) is lane:
                self._lose(reason)

    def _settle(self, work: LaneWork, obeyed: set[int]) -> None:
        lane = work.lane
        work.remember()
        lane.written_at = time.monotonic()
        lane.keep(self._settings.cached_customers // max(1, len(self._assignment.lanes)))
        if lane.paused:
            say = log.info if lane.paused == HELD else log.error
            place = lane.progress.source_position
            say("partition paused", partition=lane.partition, reason=lane.paused, position=place)
            self._assignment.pause(lane)
        elif lane.partition in obeyed:
            self._assignment.resume(lane)

    def _tend(self) -> None:
        """Take over again what is not ours or not whole any more, and everything when Redis was restarted."""
        try:
            found = self._watch.look(self._consumer, self._startup, self._assignment.lanes)
        except RedisRestarted:
            self._begin_again("redis restarted", "run_id changed")
            return
        for lost in found:
            self._lose(lost)

    def _publish(self) -> None:
        health, assignment = self._health, self._assignment
        health.assigned = assignment.assigned
        health.running = frozenset(assignment.lanes)
        health.waits = dict(assignment.waits)
        health.is_joined = assignment.is_joined
        where = {lane.clock_and_window for lane in assignment.lanes.values()} or {self._startup.clock_and_window}
        health.model_problem = self._models.problem_at(where)
        self.gauges.forget(assignment.lanes)
        self.gauges.restoring(assignment.takeover)
        if assignment.lanes:
            versions = self.gauges.models(assignment.lanes, self._control.promotions)
            health.model = ", ".join(versions)
        health.paused = {lane.partition: lane.paused for lane in assignment.lanes.values() if lane.paused}
        if assignment.is_settled and assignment.lanes:
            health.problem = ""
