"""A batch that the disk has spoilt: its partition pauses before it, and only an operator goes past it."""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer

from stream_app.contract.control import Skip
from stream_app.core.errors import UsageError
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.lookup import Lookup
from stream_app.operators import resume, skip
from stream_app.worker.control import Control
from stream_app.worker.kafka_config import plain_producer
from tests.integration.deployment import Deployment
from tests.integration.results import broken_chains
from tests.integration.test_worker_lifecycle import an_order
from tests.integration.waiting import wait_for
from tests.integration.worker_process import WorkerProcess

BATCHES = 5
BAD = 2
ORDERS = 40
"""In each batch, all of one customer: B0 in the first one, B4 in the last."""


@dataclass(frozen=True)
class Batch:
    """Where a batch of records lies in a partition's file: Kafka's format v2."""

    start: int
    size: int
    offset: int


@dataclass
class Segment:
    """The file of a partition's log, which the broker reads again for every fetch."""

    file: Path

    def batches(self) -> list[Batch]:
        raw, start, found = self.file.read_bytes(), 0, []
        while start < len(raw):
            offset, length = struct.unpack_from(">qi", raw, start)
            found.append(Batch(start, length + 12, offset))
            start += length + 12
        return found

    def flip(self, at: int) -> None:
        """Change a byte; a second time changes it back."""
        with self.file.open("r+b") as file:
            file.seek(at)
            (byte,) = file.read(1)
            file.seek(at)
            file.write(bytes([byte ^ 0xFF]))


@dataclass(frozen=True)
class Harm:
    """Which byte of the batch is spoilt, and how its records were stored."""

    place: Callable[[Batch], int]
    compression: str = "none"
    lost: int = 1
    """How many batches the broker cannot serve: it searches the one behind from the bad one on."""


HARMS = {
    # The client reads on somewhere inside the batch and takes JSON for an offset.
    "an order": Harm(lambda batch: batch.start + batch.size // 2),
    "a compressed order": Harm(lambda batch: batch.start + batch.size // 2, "lz4"),
    "the format's number": Harm(lambda batch: batch.start + 16, lost=2),
    # The broker itself refuses to read on: a negative length.
    "the length": Harm(lambda batch: batch.start + 8, lost=2),
}
SHORT_HARMS = ("a compressed order",)


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path, key_partitioner="any") as fresh:
        yield fresh.create(2)


def send_batches(deployment: Deployment, compression: str) -> Segment:
    """Fill partition 0 with batches of orders; return its file."""
    options = {"compression.type": compression, "linger.ms": 1_000, "batch.num.messages": ORDERS}
    producer = Producer(plain_producer(deployment.settings, "test") | options)
    for batch in range(BATCHES):
        for number in range(ORDERS):
            sent = an_order(0, f"B{batch}", f"O{number}")
            producer.produce(deployment.topics.orders, sent.value, sent.key, sent.partition)
        assert producer.flush(30) == 0
    (file,) = (deployment.kafka.data_dir / "log" / f"{deployment.topics.orders}-0").glob("*.log")
    return Segment(file)


def paused(worker: WorkerProcess) -> bool:
    """Tell whether the worker says that partition 0 is paused; fail when it has ended."""
    assert worker.is_running(), worker.said()
    return "partition 0 is paused: CORRUPT_BATCH" in str(worker.readyz()[1])


def cpu_seconds(worker: WorkerProcess) -> float:
    times = psutil.Process(worker.pid).cpu_times()
    return float(times.user + times.system)


def frequencies(deployment: Deployment) -> list[int]:
    """Return how many orders of each batch's customer count."""
    keys = [f"{deployment.settings.redis_prefix}customer:B{batch}" for batch in range(BATCHES)]
    return [int(deployment.redis.hget(key, "frequency") or 0) for key in keys]


@pytest.mark.parametrize(
    "spoilt", [pytest.param(harm, marks=() if harm in SHORT_HARMS else pytest.mark.long) for harm in HARMS]
)
def test_its_partition_pauses_before_it_until_it_is_skipped(deployment: Deployment, spoilt: str) -> None:
    harm = HARMS[spoilt]
    segment = send_batches(deployment, harm.compression)
    batches = segment.batches()
    bad, after = batches[BAD], batches[BAD + harm.lost]
    segment.flip(harm.place(bad))

    worker = deployment.worker()
    wait_for("it pauses", lambda: paused(worker), said=worker.testimony)

    deployment.send([an_order(1, "other", f"O{number}") for number in range(ORDERS)])
    wait_for(
        "the other partition goes on", lambda: deployment.shown.progress() == bad.offset + ORDERS, said=worker.testimony
    )
    status, other = Lookup(deployment.settings).partitions(2)
    assert (status.paused, status.source_position, other.paused) == ("CORRUPT_BATCH", bad.offset, "")
    assert frequencies(deployment) == [ORDERS, ORDERS, 0, 0, 0]

    assert worker.terminate() == 0, worker.said()
    again = deployment.worker()
    wait_for("it is still paused", lambda: paused(again), said=again.testimony)

    skip(deployment.settings, 0, after.offset, "the disk is lost")

    deployment.wait_done()
    wait_for("it is ready", again.is_ready)
    lost = range(BAD, BAD + harm.lost)
    assert frequencies(deployment) == [0 if batch in lost else ORDERS for batch in range(BATCHES)]
    assert broken_chains(deployment.changes()) == []
    assert deployment.ends(deployment.topics.dead_letters) == [0, 0]


def test_a_skip_into_the_middle_of_it_is_none(deployment: Deployment) -> None:
    segment = send_batches(deployment, "none")
    bad = segment.batches()[BAD]
    segment.flip(bad.start + bad.size // 2)
    worker = deployment.worker()
    wait_for("it pauses", lambda: paused(worker), said=worker.testimony)

    skip(deployment.settings, 0, bad.offset + 1, "a guess")

    wait_for("it has tried", lambda: deployment.shown.progress() == bad.offset + 1)
    wait_for("it pauses again", lambda: paused(worker), said=worker.testimony)
    assert frequencies(deployment) == [ORDERS, ORDERS, 0, 0, 0]


def test_once_it_is_mended_and_resumed_nothing_is_missing(deployment: Deployment) -> None:
    segment = send_batches(deployment, "none")
    bad = segment.batches()[BAD]
    segment.flip(bad.start + bad.size // 2)
    worker = deployment.worker()
    wait_for("it pauses", lambda: paused(worker), said=worker.testimony)

    segment.flip(bad.start + bad.size // 2)
    resume(deployment.settings, 0, "the log was restored from a replica")

    deployment.wait_done()
    assert frequencies(deployment) == [ORDERS] * BATCHES


def test_a_worker_that_finds_its_partition_paused_rests(deployment: Deployment) -> None:
    segment = send_batches(deployment, "none")
    bad = segment.batches()[BAD]
    segment.flip(bad.start + bad.size // 2)
    worker = deployment.worker()
    wait_for("it pauses", lambda: paused(worker), said=worker.testimony)
    assert worker.terminate() == 0, worker.said()
    again = deployment.worker()
    wait_for("it is still paused", lambda: paused(again), said=again.testimony)

    began, spent = time.monotonic(), cpu_seconds(again)
    wait_for("some time has passed", lambda: time.monotonic() > began + 2)

    assert cpu_seconds(again) - spent < 1


def test_the_control_topic_says_who_skipped_and_why(deployment: Deployment) -> None:
    send_batches(deployment, "none")
    skip(deployment.settings, 0, 7, "the disk is lost")
    control = Control(deployment.settings)

    control.read_to_end()

    (said,) = control.orders_for(0, 0)
    control.close()
    assert isinstance(said, Skip)
    assert said.to_offset == 7
    assert said.by
    assert said.why == "the disk is lost"


@pytest.mark.parametrize(("partition", "offset"), [(0, BATCHES * ORDERS + 1), (0, -1), (2, 1)])
def test_a_skip_to_where_no_order_can_be_is_refused(deployment: Deployment, partition: int, offset: int) -> None:
    send_batches(deployment, "none")

    with pytest.raises(UsageError, match=f"partition {partition}"):
        skip(deployment.settings, partition, offset, "a slip")
