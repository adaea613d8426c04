"""One isolated deployment on a given Kafka and Redis: topics, model, worker processes, and what they made."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from confluent_kafka import Consumer, IsolationLevel, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec
from redis import Redis
from redis.exceptions import RedisError

from model_store.segment_model import SegmentModel, encode
from stream_app.contract.control import ControlRecord, Promotion, encode_control
from stream_app.contract.dead_letter import CODE_HEADER, CONNECT
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.settings import Settings
from stream_app.topics import create_topics
from stream_app.worker.kafka_config import connection, log_reader, plain_producer
from tests.builders import NOW, a_model
from tests.integration.environment import environment_of, outer_environment, run_by
from tests.integration.reading import Onlooker, Record, read_all
from tests.integration.results import Change, Results, by_customer
from tests.integration.shop import Sent, a_log
from tests.integration.shown import Shown
from tests.integration.terminal import Terminal
from tests.integration.waiting import DONE_SECONDS, wait_for
from tests.integration.worker_process import WorkerProcess

PARTITIONS = 4


class Unfinished(AssertionError):
    """Work is left that nobody will do; says what was published until then."""

    def __init__(self, said: str, changes: dict[str, list[Change]]) -> None:
        super().__init__(said)
        self.changes = changes


class WorkerEnded(Unfinished):
    """A worker ended by itself: it saw that going on could break a promise."""


class NeverDone(Unfinished):
    """Work is left although workers run and time enough has passed."""


class Deployment:
    """A prefix of topics and Redis keys, a group, a model folder, and the workers started on them."""

    def __init__(self, kafka: LocalKafka, valkey: LocalRedis, folder: Path, **settings: Any) -> None:
        name = f"d{uuid4().hex[:8]}"
        values = {
            "kafka_bootstrap_servers": kafka.bootstrap,
            "kafka_group_id": f"{name}-group",
            "kafka_session_timeout_ms": 2_000,
            "kafka_transaction_timeout_ms": 5_000,
            "redis_url": valkey.url,
            "redis_prefix": f"{name}:",
            "topic_prefix": f"{name}.",
            "model_uri": str(folder / "models"),
            "chunk_records": 150,
            "kafka_extra": {"log_level": "0"},
            "log_format": "json",
            "clock": "event",
        }
        self.kafka = kafka
        self.valkey = valkey
        self.folder = folder
        self.settings = Settings(_env_file=None, **(values | settings))  # type: ignore[call-arg]
        self.topics = self.settings.topics
        self.redis = Redis.from_url(valkey.url, socket_timeout=5)
        self._admin = AdminClient(connection(self.settings, "test"))
        self.workers: list[WorkerProcess] = []
        self.partitions = 0
        self.time_file = folder / f"{name}.time"
        """What the workers take for the time of day, once there is something in it."""
        self._onlooker: Onlooker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.kill()
        if self._onlooker is not None:
            self._onlooker.close()
        self.redis.close()

    def create(self, partitions: int = 4, model: SegmentModel | None = None) -> Self:
        """Create the topics, and publish and promote a model."""
        self.create_topics(partitions)
        self._onlooker = Onlooker(self.settings, self.topics.changes, partitions).start()
        self.promote(model or a_model())
        return self

    def create_topics(self, partitions: int) -> None:
        create_topics(self.settings, partitions, 1)
        self.partitions = partitions

    def promote(self, model: SegmentModel, **changes: Any) -> None:
        """Publish a model and make it the live one."""
        self.settings.models.publish(model)
        self.say(self.promotion(model, **changes))

    @staticmethod
    def promotion(model: SegmentModel, **changes: Any) -> Promotion:
        """Return what makes a published model the live one."""
        sha256 = hashlib.sha256(encode(model)).hexdigest()
        return Promotion(version=model.version, sha256=sha256, by="test", at=NOW, **changes)

    def say(self, record: ControlRecord) -> None:
        """Put a record into the control topic."""
        self._produce(self.topics.control, [Sent(0, None, encode_control(record))])

    def send(self, log: Iterable[Sent]) -> None:
        """Append records to the orders topic, in this order and to their own partitions."""
        self._produce(self.topics.orders, log)

    @contextmanager
    def trickle(self, log: Sequence[Sent], seconds: float = 4.0, at_once: int = 40) -> Iterator[None]:
        """Send a log little by little while the body runs; all of it is sent when the body is left."""
        slices = [log[first : first + at_once] for first in range(0, len(log), at_once)]
        producer = Producer(plain_producer(self.settings, "test"))
        is_hurried = threading.Event()

        def send_all() -> None:
            for sent in (sent for part in slices for sent in [*part, None]):
                if sent is None:
                    producer.poll(0)
                    is_hurried.wait(seconds / len(slices))
                else:
                    headers = list(sent.headers)
                    producer.produce(self.topics.orders, sent.value, sent.key, sent.partition, headers=headers)

        thread = threading.Thread(target=send_all)
        thread.start()
        try:
            yield
        finally:
            is_hurried.set()
            thread.join()
            assert producer.flush(60) == 0

    def set_time(self, instant: int) -> None:
        """Move the time of day for every worker, in either direction."""
        new = self.time_file.with_suffix(".new")
        new.write_text(str(instant))
        new.replace(self.time_file)

    def wait_clock(self, instant: int, *partitions: int) -> None:
        """Wait until the clocks of these partitions, or of all, have reached an instant and nobody is due at it."""
        wanted = partitions or range(self.partitions)

        def is_there() -> bool:
            clocks = self.shown.clocks()
            return bool(clocks) and all(clocks[p] >= instant and self.shown.is_idle(p, clocks[p]) for p in wanted)

        wait_for(f"clocks stand at {instant}", is_there, said=self.shown.clocks)

    @property
    def shown(self) -> Shown:
        """What Redis shows now, under the settings of now."""
        return Shown(self.settings, self.redis, self.partitions)

    def testimony(self) -> str:
        """Return the last words of each worker, and where its threads stand."""
        return "\n".join(worker.testimony()[-5_000:] for worker in self.workers)

    def wait_paid(self) -> None:
        """Wait until nobody is owed an event of the last switch."""

        def is_paid() -> bool:
            metas = [self.shown.meta(partition) for partition in range(self.partitions)]
            return all(meta and meta.switch is None and meta.owing is None for meta in metas)

        wait_for("nobody is owed an event", is_paid, said=self.testimony)

    def wait_model(self, version: str) -> None:
        """Wait until everybody has gone over to a model."""

        def is_there() -> bool:
            metas = [self.shown.meta(partition) for partition in range(self.partitions)]
            return all(meta and meta.model_version == version and meta.switch is None for meta in metas)

        wait_for(f"everybody is on model {version}", is_there, said=self.testimony)

    def wait_progress(self, orders: int) -> None:
        """Wait until Redis shows so many orders behind us."""
        wait_for(f"{orders} orders are behind us", lambda: self.shown.progress() >= orders)

    def _produce(self, topic: str, records: Iterable[Sent]) -> None:
        producer = Producer(plain_producer(self.settings, "test"))
        for sent in records:
            self._queue(producer, topic, sent)
            producer.poll(0)
        assert producer.flush(30) == 0

    @staticmethod
    def _queue(producer: Producer, topic: str, sent: Sent) -> None:
        """Produce a record, once the client's queue has room for it."""
        for _ in range(300):
            try:
                producer.produce(topic, sent.value, sent.key, sent.partition, headers=list(sent.headers))
                return
            except BufferError:
                producer.poll(0.1)
        raise AssertionError("the producer's queue stays full")

    def worker(
        self,
        instance: str = "w0",
        *,
        bug: str = "",
        kill_at: str = "",
        stop_at: str = "",
        due_slice: int = 0,
        code: Path | None = None,
        **settings: Any,
    ) -> WorkerProcess:
        """Start a worker; `kill_at` and `stop_at` are `<point>:<n-th pass>`, `due_slice` 0 leaves the worker's own.

        `code`: where another release lies that it is of.
        """
        values = self.settings.model_dump() | {"instance_id": instance} | settings
        fault = {"FAULT_BUG": bug, "FAULT_KILL": kill_at, "FAULT_STOP": stop_at, "FAULT_TIME": str(self.time_file)}
        fault["FAULT_SLICE"] = str(due_slice)
        words = () if code is None else ("tests.integration.faulty_worker",)
        process = WorkerProcess(self.folder, outer_environment() | environment_of(values) | fault | run_by(code), words)
        self.workers.append(process)
        return process

    def terminal(self, **settings: Any) -> Terminal:
        """Return an operator's terminal on this deployment."""
        return Terminal(self.folder, outer_environment() | environment_of(self.settings.model_dump() | settings))

    def settings_with(self, **changes: Any) -> Settings:
        """Return the settings with changes, as another of the deployment's programs has them."""
        return Settings(_env_file=None, **(self.settings.model_dump() | changes))  # type: ignore[call-arg]

    def run_to_end(self, instance: str = "w0", **settings: Any) -> None:
        """Let a worker do everything there is to do, and end it in order."""
        worker = self.worker(instance, **settings)
        self.wait_done()
        assert worker.terminate() == 0, worker.said()

    def ends(self, topic: str, isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED) -> list[int]:
        """Return where a topic's partitions end for readers of this isolation level; waits for their leaders."""
        wanted = {TopicPartition(topic, p): OffsetSpec.latest() for p in range(self.partitions)}

        def ask() -> list[int] | None:
            try:
                found = self._admin.list_offsets(wanted, isolation_level=isolation, request_timeout=5)
                return [found[tp].result(10).offset for tp in wanted]
            except KafkaException:
                return None

        ends: list[int] = wait_for("every partition has a leader", ask, 20)
        return ends

    def end_of_control(self) -> int:
        """Return how many control records there are."""
        place = TopicPartition(self.topics.control, 0)
        return int(self._admin.list_offsets({place: OffsetSpec.latest()}, request_timeout=5)[place].result(10).offset)

    def wait_done(self, seconds: float | None = None) -> None:
        """Wait until Redis shows every partition at the log's end, and nobody due at its clock."""
        ends = self.ends(self.topics.orders)

        def is_done() -> bool:
            dead = [worker for worker in self.workers if not worker.is_running() and worker.wait() > 0]
            if dead:
                raise WorkerEnded(dead[0].said(), self.changes())
            try:
                return all(self.shown.is_done(p, end) for p, end in enumerate(ends))
            except RedisError:
                return False

        try:
            wait_for(f"Redis stands at {ends} with nobody due", is_done, seconds or DONE_SECONDS)
        except WorkerEnded:
            raise
        except AssertionError as error:
            said = f"{error}now: {self.shown.standings()}\n{self.testimony()}"
            raise NeverDone(said, self.changes()) from None

    def changes(self) -> dict[str, list[Change]]:
        """Return what is published now, by customer."""
        return _changes_of(read_all(self.settings, [self.topics.changes], self.partitions)[self.topics.changes])

    def committed(self) -> dict[int, int]:
        """Return the group's offsets; partitions with a transaction pending are left out."""
        consumer = Consumer(log_reader(self.settings, "offsets") | {"group.id": self.settings.kafka_group_id})
        try:
            wanted = [TopicPartition(self.topics.orders, p) for p in range(self.partitions)]
            return {found.partition: found.offset for found in consumer.committed(wanted, 1)}
        except KafkaException:
            return {}
        finally:
            consumer.close()

    def wait_settled(self) -> None:
        """Wait until no transaction is open on any output partition."""
        outputs = (self.topics.changes, self.topics.state, self.topics.dead_letters)
        levels = (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED)

        def is_settled() -> bool:
            return all(self.ends(topic, levels[0]) == self.ends(topic, levels[1]) for topic in outputs)

        wait_for("no transaction is open", is_settled, 25)

    def results(self) -> Results:
        """Read everything, once no transaction is open any more."""
        self.wait_settled()
        topics = self.topics
        assert self._onlooker is not None
        wanted = [topics.orders, topics.changes, topics.state, topics.dead_letters]
        found = read_all(self.settings, wanted, self.partitions)
        states = [record for records in found[topics.state] for record in records]
        letters = [record for records in found[topics.dead_letters] for record in records]
        return Results(
            orders=sum(len(records) for records in found[topics.orders]),
            changes=_changes_of(found[topics.changes]),
            changelog={key.decode(): value for _, key, value, _ in states if key and key[:1] != b"\0" and value},
            hashes=self.shown.hashes("customer:"),
            figures=self.shown.hashes("totals:") | self.shown.hashes("stats:"),
            due=self.shown.scores("due:*"),
            segments={name: self.shown.scores(f"segment:{name}:*") for name in ("s1", "s2", "s3", "s4")},
            partitions={partition: self.shown.standing(partition) for partition in range(self.partitions)},
            dead_letters=Counter(_letter(*record[1:]) for record in letters),
            has_seen_the_same=self._onlooker.finish(self.ends(topics.changes)) == found[topics.changes],
        )


def _changes_of(partitions: list[list[Record]]) -> dict[str, list[Change]]:
    return by_customer([value for records in partitions for _, _, value, _ in records if value])


def _letter(
    key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
) -> tuple[bytes | None, bytes | None, str, str]:
    said = {name: (text or b"").decode() for name, text in headers}
    return key, value, said[CODE_HEADER], f"{said[f'{CONNECT}partition']}-{said[f'{CONNECT}offset']}"


_UNDISTURBED: dict[str, Results] = {}


def undisturbed(kafka: LocalKafka, valkey: LocalRedis, folder: Path) -> Results:
    """Return what a run over the shop's log gives when nothing goes wrong; it is run once for all proofs."""
    if kafka.bootstrap not in _UNDISTURBED:
        _UNDISTURBED[kafka.bootstrap] = undisturbed_by(a_log(PARTITIONS), kafka, valkey, folder)
    return _UNDISTURBED[kafka.bootstrap]


def undisturbed_by(log: list[Sent], kafka: LocalKafka, valkey: LocalRedis, folder: Path) -> Results:
    """Return what a run over a log gives when nothing goes wrong."""
    with Deployment(kafka, valkey, folder) as deployment:
        deployment.create(PARTITIONS).send(log)
        deployment.run_to_end()
        return deployment.results()
