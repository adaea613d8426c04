"""A deployment moves to other partitions, through kills: nothing is lost, and everybody goes on as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from bench.workload import model as workload_model
from stream_app.contract.control import Moved
from stream_app.core.customer import Customer
from stream_app.core.errors import SegstreamError, UsageError
from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.core.state_record import encode_state, header_of
from stream_app.history.reading import open_history
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.privacy.erasing import Wish, mark
from stream_app.repartition.copy import Copy
from stream_app.repartition.finish import Finished, compare, finish
from stream_app.repartition.merge import read_by_time
from stream_app.repartition.seal import seal, unseal
from stream_app.repartition.target import create_target, target_of
from stream_app.replay.send import Sender
from stream_app.shadow.diff import Diff, half_of
from stream_app.shadow.tally import Comparison
from stream_app.topic_log import find_bounds
from stream_app.topics import check_topics, mend_topics
from stream_app.worker.kafka_config import connection, plain_producer
from tests.builders import NOW, an_order_json
from tests.forks import Fork
from tests.integration import faulty_repartition
from tests.integration.deployment import Deployment
from tests.integration.figures import Figures
from tests.integration.real_logs import file_of
from tests.integration.replays import replayed
from tests.integration.results import broken_chains
from tests.integration.shop import BEGINNING, LENGTH, Sent, a_log
from tests.integration.waiting import wait_for

OLD, NEW = 3, 5
ERASED = "C7"


@pytest.fixture
def old(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path, erasure_key="a secret of 32 characters or more") as deployment:
        yield deployment.create(OLD)


@pytest.fixture
def new(old: Deployment, kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    """The same deployment, as its programs are configured after the move."""
    values = old.settings.model_dump() | {
        "topic_prefix": f"{old.settings.topic_prefix}p5.", "redis_prefix": f"{old.settings.redis_prefix}p5:",
    }  # fmt: skip
    with Deployment(kafka, valkey, tmp_path, **values) as deployment:
        yield deployment


def a_partition(customer_id: str, partitions: int) -> int:
    partition = partition_of(customer_id.encode(), partitions, Partitioner.MURMUR2)
    assert partition is not None
    return partition


def what_is_refused() -> list[Sent]:
    """Return records that have no right place: in a wrong partition, without a key, and a tick that says nothing."""
    order = json.dumps(an_order_json(order_id="X1", customer_id="C1")).encode()
    wrong = (a_partition("C1", OLD) + 1) % OLD
    return [Sent(wrong, b"C1", order), Sent(1, None, order), Sent(2, None, None, [("segstream.tick", b"soon")])]


def killed(old: Deployment, verb: str, prefix: str, kill_at: str) -> None:
    env = old.terminal().env | {"FAULT_KILL": kill_at, "FAULT_SLICE": "100"}
    out = old.folder / "faulty.out"
    with Fork.start(faulty_repartition.main, [verb, prefix], env=env, stdout=out) as fork:
        assert fork.wait(30) == -9, out.read_text()


def leave_behind(deployment: Deployment, customer_id: str) -> None:
    """Write the state of somebody as an earlier move would have left it that was given up."""
    customer, producer = Customer(customer_id), Producer(plain_producer(deployment.settings, "test"))
    value, key = encode_state(header_of(customer), customer.rfm), customer_id.encode()
    producer.produce(deployment.topics.state, value, key, a_partition(customer_id, NEW))
    assert producer.flush(10) == 0


def refusal(deployment: Deployment, sent: Sent) -> KafkaError | None:
    """Return what the brokers answer to a shop that sends a record."""
    said: list[KafkaError | None] = []
    producer = Producer(plain_producer(deployment.settings, "test"))
    producer.produce(
        deployment.topics.orders, sent.value, sent.key, sent.partition, headers=list(sent.headers),
        on_delivery=lambda error, _: said.append(error),
    )  # fmt: skip
    assert producer.flush(10) == 0
    return said[0]


def finished(old: Deployment, prefix: str) -> Finished:
    return finish(target_of(old.settings, prefix), lambda _: None, lambda _: None)


def diff_of(deployment: Deployment) -> Comparison:
    """Compare everybody with the namespace in which they were counted anew."""
    halves = (half_of(deployment.settings, name) for name in ("live", "check"))
    return Diff(*halves, None).run(lambda _: None)


def refused(code: str) -> pytest.RaisesExc[SegstreamError]:
    return pytest.raises(SegstreamError, match=f"^{code}: ")


def orders_of(customer_ids: list[str], order_id: str, partitions: int) -> list[Sent]:
    """Return an order of each customer, dated behind everything in the log."""
    at = rfc3339(BEGINNING + int(1.25 * LENGTH) + 3 * DAY_US)
    return [
        Sent(
            a_partition(name, partitions),
            name.encode(),
            json.dumps(an_order_json(order_id=order_id, customer_id=name, ordered_at=at)).encode(),
        )
        for name in customer_ids
    ]


@pytest.mark.parametrize(
    ("copy_kills", "finish_kills", "is_late"),
    [
        (["copied:2"], ["closed:1"], False),
        # The last one is killed when all is written, and nothing of it said.
        pytest.param(
            ["copied:1", "committed:1", "copied:3", "committed:2"],
            ["copied:1", "carried:1", "committed:2", "closed:1", "closed:1", "committed:4"],
            True,
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_deployment_goes_on_with_other_partitions_where_it_was(
    old: Deployment, new: Deployment, copy_kills: list[str], finish_kills: list[str], is_late: bool
) -> None:
    # Given half of a shop's log, its copy, and a worker; then the rest, and copies of it that are killed
    log, prefix, terminal = a_log(OLD, orders=900), new.settings.topic_prefix, old.terminal()
    old.send(log[: len(log) // 2])
    worker = old.worker()
    Copy(create_target(old.settings, prefix, NEW)).run()
    leave_behind(new, "Gone")
    old.send([*log[len(log) // 2 :], *what_is_refused()])
    for kill_at in copy_kills:
        killed(old, "copy", prefix, kill_at)
    mark(old.settings, [ERASED], Wish())
    old.wait_done()

    # When the topic is sealed, and the rest is carried by runs that are killed until one is not
    with refused("REPARTITION_UNSEALED"):
        finished(old, prefix)
    ends = seal(old.settings)
    old.wait_done()
    with refused("REPARTITION_BUSY"):
        finished(old, prefix)
    assert worker.terminate() == 0
    before, earlier = old.shown.hashes("customer:"), old.changes()
    for kill_at in finish_kills:
        killed(old, "finish", prefix, kill_at)
    done = json.loads(terminal.ok("topics", "repartition", "finish", "--to", prefix, "--json"))

    # Then it is done once and for all
    assert old.ends(old.topics.orders) == ends
    assert (done["was_done"], done["customers"]) == (is_late, 0 if is_late else len(before))
    assert finished(old, prefix).was_done
    with refused("DEPLOYMENT_MOVED"):
        unseal(old.settings)

    # And in the new partitions everybody is as they were, down to the byte, without an event
    new.create_topics(NEW)
    new.worker()
    new.wait_done()
    assert new.shown.hashes("customer:") == before
    assert new.changes() == {}
    assert check_topics(new.settings) == []
    # And counting everybody anew from the copy gives the same
    replayed(new, "check")
    found = diff_of(new)
    assert (found.different, found.customers) == (0, len(before)), found

    # And the chains of changes go on without a break, and who was erased stays so
    new.send(orders_of([*sorted(before), ERASED], "N1", NEW))
    new.wait_done()
    later = new.changes()
    assert len(later) > 10
    assert broken_chains({name: [*earlier.get(name, []), *later.get(name, [])] for name in earlier | later}) == []
    assert ERASED not in later


def test_no_worker_goes_on_or_begins_where_a_deployment_has_moved_away(old: Deployment) -> None:
    worker = old.worker()
    wait_for("the worker works", worker.is_ready)

    old.say(Moved(prefix="p5.", by="test", at=NOW))

    assert worker.wait() == 1
    stray = old.worker("stray")
    assert stray.wait() == 1
    for each in (worker, stray):
        assert "DEPLOYMENT_MOVED" in each.said()
        assert "SEGSTREAM_TOPIC_PREFIX=p5." in each.said()


def test_a_sealed_topic_takes_no_order_until_it_is_unsealed(old: Deployment) -> None:
    # Given a shop whose transaction is open when the topic is sealed
    first, second, third = orders_of(["C1", "C2", "C3"], "O1", OLD)
    shop = Producer(plain_producer(old.settings, "test") | {"transactional.id": old.settings.kafka_group_id})
    shop.init_transactions(20)
    shop.begin_transaction()
    shop.produce(old.topics.orders, first.value, first.key, first.partition)
    assert shop.flush(10) == 0
    with ThreadPoolExecutor(1) as pool:
        sealing = pool.submit(seal, old.settings)
        wait_for("the brokers refuse orders", lambda: refusal(old, second))

        # When the shop commits what it had sent
        assert not sealing.done()
        shop.commit_transaction(20)
        ends = sealing.result(30)

    # Then that counts, and nothing comes behind it: no order, no tick, and not by mending the topic's settings
    assert ends == old.ends(old.topics.orders)
    assert [fault.says for fault in check_topics(old.settings)] == [
        f"{old.topics.orders} is sealed: the brokers refuse every order."
    ]
    assert mend_topics(old.settings) == []
    for sent in (third, Sent(0, None, None, [("segstream.tick", b"2030-01-01T00:00:00Z")])):
        answer = refusal(old, sent)
        assert answer is not None
        assert answer.code() == KafkaError.MSG_SIZE_TOO_LARGE
    with refused("ORDERS_REFUSED"):
        Sender(old.settings).tick(BEGINNING)
    assert old.ends(old.topics.orders) == ends
    unseal(old.settings)
    wait_for("the brokers take orders", lambda: refusal(old, third) is None)


def test_partitions_are_merged_by_time_however_far_one_is_ahead(old: Deployment) -> None:
    # Given partitions that were written one after the other, each with more records than are read at once
    each = 5_000
    for partition in (1, 0, 2, 1):
        old.send([Sent(partition, b"C1", str(n).encode()) for n in range(each)])
    bounds = find_bounds(old.settings, old.topics.orders, "test")

    # When they are merged by a reader that lets nobody get far ahead
    found = [
        (r.timestamp()[1], r.partition(), r.offset()) for r in read_by_time(old.settings, old.topics.orders, bounds, 50)
    ]

    # Then nothing is missing or there twice, and time does not go back, nor a partition's order
    assert sorted(found, key=lambda record: record[0]) == found
    for partition, (start, end) in bounds.items():
        assert [offset for _, place, offset in found if place == partition] == list(range(start, end))
    assert len(found) == 4 * each


def test_a_copy_that_would_lose_something_is_refused(old: Deployment, new: Deployment) -> None:
    prefix, sent = new.settings.topic_prefix, orders_of([f"C{n}" for n in range(12)], "O1", OLD)
    old.send(sent)

    with pytest.raises(UsageError, match="2 partitions or more"):
        create_target(old.settings, prefix, 1)
    with pytest.raises(UsageError, match="those that are at work"):
        create_target(old.settings, old.settings.topic_prefix, NEW)
    with pytest.raises(UsageError, match="nobody knows where"):
        create_target(old.settings_with(key_partitioner="any"), prefix, NEW)
    target = create_target(old.settings, prefix, NEW)
    with refused("PARTITION_COUNT"):
        create_target(old.settings, prefix, NEW + 1)

    # A topic whose first orders were removed is copied when somebody says that they count no more
    admin, place = AdminClient(connection(old.settings, "test")), TopicPartition(old.topics.orders, 1, 2)
    admin.delete_records([place])[place].result(10)
    with refused("REPARTITION_SHORTENED"):
        Copy(target)
    command = ("topics", "repartition", "copy", "--to", prefix, "--json")
    assert json.loads(old.terminal().ok(*command, "--shortened"))["records"] == len(sent) - 2
    assert json.loads(old.terminal().ok(*command))["records"] == 0

    # What somebody else wrote to the copy is found out, and an order that no worker has read
    assert compare(target).orders == len(sent) - 2
    assert json.loads(old.terminal().ok("topics", "repartition", "seal", "--json"))["ends"] == old.ends(
        old.topics.orders
    )
    with refused("REPARTITION_BUSY"):
        finished(old, prefix)
    new.create_topics(NEW)
    new.send(orders_of(["C1"], "O2", NEW))
    with refused("REPARTITION_DIFFERS"):
        compare(target)


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_a_real_shop_moves_and_is_the_same(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, figures: Figures
) -> None:
    # Given all orders of a shop, in four partitions
    settings = {"chunk_records": 5_000, "kafka_session_timeout_ms": 10_000, "kafka_transaction_timeout_ms": 20_000}
    with Deployment(kafka, valkey, tmp_path, **settings) as old:
        old.create(4, model=workload_model())
        sender = Sender(old.settings)
        with open_history(file_of("completejourney"), "completejourney") as history:
            for order in history.orders():
                sender.send(order.customer_id, order.to_json())
        sender.flush()
        worker = old.worker()
        old.wait_done(600)

        # When it moves to seven
        prefix = f"{old.settings.topic_prefix}p7."
        copied = Copy(create_target(old.settings, prefix, 7)).run()
        seal(old.settings)
        assert worker.terminate() == 0
        before = old.shown.hashes("customer:")
        assert finished(old, prefix).customers == len(before) > 2_000

        # Then everybody is as they were, and as the copy says
        values = old.settings.model_dump() | {"topic_prefix": prefix, "redis_prefix": prefix}
        with Deployment(kafka, valkey, tmp_path, **values) as new:
            new.create_topics(7)
            heir = new.worker()
            new.wait_done(600)
            assert heir.terminate() == 0
            assert new.shown.hashes("customer:").keys() == before.keys()
            told = new.terminal().run("replay", "--into", "check", "--rate", "1000000", seconds=900)
            assert told.returncode == 0, told.stderr
            found = diff_of(new)
            assert (found.different, found.customers) == (0, len(before)), found
        rate = copied.records / copied.seconds
        figures.append(f"repartition: {copied.records:,} records copied at {rate:,.0f} a second, nobody differs")
