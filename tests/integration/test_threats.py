"""What somebody with one foot in the door can do, and what not: the threats of docs/security.md on a real worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Producer

from stream_app.api.tokens import Scope, new_token
from stream_app.contract.control import Erasure, Promotion, Resume, Skip
from stream_app.contract.dead_letter import KEPT_BYTES
from stream_app.contract.topics import MAX_RECORD_BYTES
from stream_app.core.erasure import ERASE_HEADER, ErasureKey
from stream_app.core.instants import parse_instant, rfc3339
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.worker.kafka_config import plain_producer
from tests.builders import NOW, a_model, an_order_json
from tests.integration.api_process import GOOD, ApiProcess
from tests.integration.deployment import Deployment
from tests.integration.shop import Sent, a_log
from tests.integration.waiting import wait_for

PARTITIONS = 2
SECRET = "a secret of 32 characters or more"  # noqa: S105
MALLORYS = ErasureKey(b"a secret that only mallory has")
MEMORY_BYTES = 512 * 1_048_576


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path) as made:
        yield made


def an_order_of(customer: str, **changes: object) -> Sent:
    """Return an order on the customer's own partition."""
    value = json.dumps(an_order_json(customer_id=customer, **changes)).encode()
    return Sent(partition_of(customer.encode(), PARTITIONS, Partitioner.MURMUR2), customer.encode(), value)


def a_customer_on(partition: int) -> str:
    """Return somebody whose orders lie there."""
    return next(c for c in map("K{}".format, range(99)) if an_order_of(c).partition == partition)


FORGED = {
    "noise": b"\x00\xff not json",
    "nothing": None,
    "a kind nobody knows": b'{"type": "erase-everything"}',
    "fields of another type": b'{"type": "skip", "partition": "all", "to_offset": -1, "by": "x", "why": "", "at": ""}',
    "a megabyte": b'{"type": "resume", "partition": 0, "by": "' + b"x" * 900_000,
}


def test_a_forged_control_record_that_is_none_changes_nothing_and_is_counted(deployment: Deployment) -> None:
    deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=100, customers=10))
    worker = deployment.worker()
    deployment.wait_done()
    before = deployment.changes()

    producer = Producer(plain_producer(deployment.settings, "test"))
    for value in FORGED.values():
        producer.produce(deployment.topics.control, value, partition=0)
    producer.flush(10)
    counted = f"segstream_control_refused {len(FORGED)}.0"
    wait_for("the forged records are counted", lambda: counted in worker.metrics(), said=worker.metrics)
    deployment.send([an_order_of("C1", order_id="after")])
    deployment.wait_done()

    assert worker.is_ready()
    assert deployment.changes().keys() >= before.keys()


def test_a_forged_promotion_cannot_bring_a_model_that_was_not_published(deployment: Deployment) -> None:
    deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=100, customers=10))
    worker = deployment.worker()
    deployment.wait_done()
    live = a_model().version

    for version, sha256 in (("../../../etc/passwd", "0" * 64), ("unpublished", "0" * 64), (live + "x", "")):
        deployment.say(Promotion(version=version, sha256=sha256, by="mallory", at=NOW))
    wait_for(
        "the worker says what it refuses", lambda: f"model {live} goes on" in str(worker.readyz()), said=worker.said
    )
    deployment.send([an_order_of("C1", order_id="after")])
    deployment.wait_done()

    assert {deployment.shown.meta(partition).model_version for partition in range(PARTITIONS)} == {live}
    assert worker.is_running()


def test_a_forged_skip_or_resume_loses_no_order_of_a_partition_that_runs(deployment: Deployment) -> None:
    deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=50, customers=10))
    worker = deployment.worker()
    deployment.wait_done()

    for partition in (-1, 0, 1, 7_000):
        deployment.say(Skip(partition=partition, to_offset=2**62, by="mallory", why="", at=NOW))
        deployment.say(Resume(partition=partition, by="mallory", why="", at=NOW))
    customers = [a_customer_on(partition) for partition in range(PARTITIONS)]
    deployment.send([an_order_of(customer, order_id="after") for customer in customers])
    deployment.wait_done()

    assert worker.is_ready()
    for customer in customers:
        assert deployment.redis.hget(f"{deployment.settings.redis_prefix}customer:{customer}", "frequency") == b"1"


def test_a_forged_erasure_under_a_key_that_nobody_has_stops_no_worker_and_is_counted(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, erasure_key=SECRET) as deployment:
        deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=50, customers=10))
        worker = deployment.worker()
        deployment.wait_done()

        hash_ = MALLORYS.hash_of("C1")
        deployment.say(
            Erasure(hash=hash_, key=MALLORYS.fingerprint, partition=None, partitions=2, by="mallory", why="", at=NOW)
        )
        counted = "segstream_control_refused 1.0"
        wait_for("it is counted", lambda: counted in worker.metrics(), said=worker.metrics)
        heir = deployment.worker("w1")
        wait_for("a worker begins beside it", heir.is_ready, said=heir.testimony)
        erased = deployment.terminal().run("erase", "C2")

        assert worker.is_ready()
        assert "control record refused" in heir.said()
        assert erased.returncode == 0, erased.stderr
        assert "C1" in deployment.shown.hashes("customer:")


def test_a_forged_marker_under_a_key_that_nobody_has_pauses_its_partition_and_no_other(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, erasure_key=SECRET) as deployment:
        deployment.create(PARTITIONS)
        here, there = a_customer_on(0), a_customer_on(1)
        worker = deployment.worker()

        forged = Sent(0, here.encode(), None, [(ERASE_HEADER, MALLORYS.header_of(here))])
        deployment.send([an_order_of(here), forged, an_order_of(here, order_id="behind")])
        wait_for("its partition pauses", lambda: "0 is paused: MARKER_KEY" in str(worker.readyz()), said=worker.said)
        worker.kill()
        heir = deployment.worker("w1")
        deployment.send([an_order_of(there)])
        key = f"{deployment.settings.redis_prefix}customer:{there}"
        wait_for("the other goes on", lambda: deployment.redis.hget(key, "frequency") == b"1", said=heir.said)
        wait_for("the heir pauses it", lambda: "0 is paused: MARKER_KEY" in str(heir.readyz()), said=heir.said)
        deployment.terminal().ok("partitions", "skip", "0", "--to", "2", "--why", "forged")
        deployment.wait_done()

        assert deployment.shown.hashes("customer:")[here][b"frequency"] == b"2"
        assert deployment.results().dead_letters.total() == 0


def test_a_flood_of_rubbish_pauses_its_partition_and_no_other(deployment: Deployment) -> None:
    deployment.create(PARTITIONS)
    here, there = a_customer_on(0), a_customer_on(1)
    worker = deployment.worker()

    deployment.send([Sent(0, here.encode(), b"rubbish")] * 2_000)
    deployment.send([an_order_of(there)])
    wait_for("the flooded partition pauses", lambda: "partition 0 is paused" in str(worker.readyz()), said=worker.said)
    key = f"{deployment.settings.redis_prefix}customer:{there}"
    wait_for("the other partition goes on", lambda: deployment.redis.hget(key, "frequency") == b"1", said=worker.said)
    letters = sum(deployment.ends(deployment.topics.dead_letters))

    assert 100 <= letters < 2_000
    assert worker.is_running()


def test_a_flood_of_one_customers_orders_stays_within_a_record(deployment: Deployment) -> None:
    deployment.create(PARTITIONS)
    customer, began = a_customer_on(0), parse_instant(NOW)
    assert began is not None
    flood = (
        an_order_of(customer, order_id=f"{n:05}" + "o" * 200, ordered_at=rfc3339(began - n * 60_000_000))
        for n in range(20_000)
    )
    worker = deployment.worker(chunk_records=20_000)

    deployment.send(flood)
    deployment.wait_done()
    state = deployment.redis.hget(f"{deployment.settings.redis_prefix}customer:{customer}", "state")
    memory = psutil.Process(worker.pid).memory_info().rss

    assert state is not None
    assert len(state) < MAX_RECORD_BYTES / 2
    assert memory < MEMORY_BYTES
    assert worker.terminate() == 0


def test_the_largest_orders_that_kafka_takes_stop_nobody(deployment: Deployment) -> None:
    deployment.create(PARTITIONS)
    customer = a_customer_on(0)
    room = MAX_RECORD_BYTES - 400
    line = json.dumps({"product_id": "P", "quantity": 1, "unit_price": 1}).encode()
    many = b'{"order_id":"many","customer_id":"%s","ordered_at":"%s","lines":[' % (customer.encode(), NOW.encode())
    huge = [
        b'{"order_id": "' + b"x" * room + b'"}',
        b"[" * room,
        b'{"lines":' * (room // 10),
        many + b",".join([line] * (room // (len(line) + 1) - 4)) + b"]}",
        b"\xff" * room,
    ]
    worker = deployment.worker()

    send_huge(deployment, customer, huge, "none")
    deployment.send([an_order_of(customer, order_id="small")])
    deployment.wait_done()
    memory = psutil.Process(worker.pid).memory_info().rss

    letters = deployment.results().dead_letters
    assert {value for _, value, _, _ in letters} <= set(huge)
    assert sum(letters.values()) == len(huge)
    assert deployment.redis.hget(f"{deployment.settings.redis_prefix}customer:{customer}", "frequency") == b"1"
    assert memory < MEMORY_BYTES
    assert worker.terminate() == 0


def send_huge(deployment: Deployment, customer: str, values: list[bytes], compression: str) -> None:
    """Send as a producer that was told to heed no size of its own."""
    options = {"message.max.bytes": 1_000_000_000, "compression.type": compression, "linger.ms": 0}
    producer = Producer(plain_producer(deployment.settings, "test") | options)
    for value in values:
        producer.produce(deployment.topics.orders, value, customer, 0)
        assert producer.flush(30) == 0


def test_an_order_that_only_compression_makes_small_enough_stops_nobody(deployment: Deployment) -> None:
    deployment.create(PARTITIONS)
    customer = a_customer_on(0)
    worker = deployment.worker()

    send_huge(deployment, customer, [b'{"order_id": "' + b"x" * 5_000_000 + b'"}'], "gzip")
    deployment.send([an_order_of(customer, order_id="small")])
    deployment.wait_done()

    (letter,) = deployment.results().dead_letters
    assert (letter[1], letter[2]) == (b'{"order_id": "' + b"x" * (KEPT_BYTES - 14), "TOO_COMPLEX")
    assert deployment.redis.hget(f"{deployment.settings.redis_prefix}customer:{customer}", "frequency") == b"1"
    assert worker.terminate() == 0


CHANGING = (
    ("/models/other/promote", {"why": "x", "force": True}),
    ("/models/rollback", {"why": "x"}),
)


def test_a_stolen_read_token_reads_and_changes_nothing_until_it_is_struck_off(deployment: Deployment) -> None:
    deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=50, customers=10))
    deployment.settings.models.publish(a_model(version="other"))
    deployment.run_to_end()
    stolen, entry = new_token(Scope.READ)
    _, kept = new_token(Scope.ADMIN)
    said = deployment.end_of_control()

    with ApiProcess(deployment, api_tokens=f"{entry},{kept}") as api:
        api.ready(f"Bearer {stolen}")
        reading = api.get("/customers/C1", authorization=f"Bearer {stolen}").status
        writing = {path: api.post(path, body, authorization=f"Bearer {stolen}").json for path, body in CHANGING}
    with ApiProcess(deployment, api_tokens=kept) as api:
        later = api.post("/predict", GOOD, authorization=f"Bearer {stolen}")

    assert reading == 200
    assert {answer["code"] for answer in writing.values()} == {"ADMIN_NEEDED"}
    assert deployment.end_of_control() == said
    assert (later.status, later.json["code"]) == (401, "TOKEN_NEEDED")
    assert stolen not in api.said()
