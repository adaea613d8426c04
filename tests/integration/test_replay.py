"""Counting everybody anew beside what is live gives what is live, through shuffles, duplicates and kills."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.workload import model as workload_model
from stream_app.core.customer import Customer
from stream_app.core.instants import DAY_US
from stream_app.core.rfm import RfmState
from stream_app.core.state_record import decode_customer, encode_state, header_of
from stream_app.history.reading import open_history
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.replay.send import Sender
from tests.forks import Fork
from tests.integration import faulty_shadow
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.figures import Figures
from tests.integration.reading import read_all
from tests.integration.real_logs import file_of
from tests.integration.replays import a_live_deployment, compared, replayed
from tests.integration.results import broken_chains, by_customer


@pytest.fixture(scope="module")
def live(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with a_live_deployment(kafka, valkey, tmp_path_factory.mktemp("replay")) as deployment:
        yield deployment


def killed_replay(live: Deployment, into: str, kill_at: str, seconds: float = 30.0) -> None:
    out = live.folder / "faulty.out"
    with Fork.start(faulty_shadow.main, [into], env=live.terminal().env | {"FAULT_KILL": kill_at}, stdout=out) as fork:
        assert fork.wait(seconds) == -9, out.read_text()


def test_a_replay_that_was_killed_twice_is_what_is_live(live: Deployment) -> None:
    # Given one killed with its third transaction open, and one whose second was committed and is not in Redis
    killed_replay(live, "check", "produced:3")
    killed_replay(live, "check", "committed:2")

    # When it goes on and ends by itself
    done = replayed(live, "check")

    # Then it had the rest to do, and every customer is the same
    assert done["is_done"]
    assert 0 < done["orders"] < sum(done["ends"])
    code, found = compared(live, "check")
    assert (code, found["different"], found["moved_since"]) == (0, 0, 0), found
    assert found["customers"] == len(live.results().hashes) > 50
    # And a namespace is looked at like a deployment
    terminal = live.terminal()
    here = terminal.run("partitions", "list", SEGSTREAM_NAMESPACE="check")
    assert here.stdout == terminal.ok("partitions", "list")
    assert terminal.run("customer", "C1", "--json", SEGSTREAM_NAMESPACE="check").returncode == 0
    refused = terminal.run("tick", "--to", "2030-01-01T00:00:00Z", SEGSTREAM_NAMESPACE="check")
    assert "the orders belong to the live deployment" in refused.stderr


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("name", ["completejourney", "online-retail"])
def test_a_real_shop_counted_anew_is_what_is_live(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, name: str, figures: Figures
) -> None:
    # Given all of a shop's orders, late by up to two days and every twentieth twice, through a worker that was killed
    settings = {"chunk_records": 5_000, "kafka_session_timeout_ms": 10_000, "kafka_transaction_timeout_ms": 20_000}
    with Deployment(kafka, valkey, tmp_path, **settings) as deployment:
        deployment.create(PARTITIONS, model=workload_model())
        send_jittered(deployment, name)
        deployment.worker(kill_at="commit_acked:4").wait_hit()
        deployment.worker()
        deployment.wait_done(600)

        # When they are counted anew, by processes of which two are killed
        killed_replay(deployment, "check", "produced:3", 120)
        killed_replay(deployment, "check", "committed:2", 120)
        done = replayed(deployment, "check")

        # Then every customer is the same
        code, found = compared(deployment, "check")
        assert (code, found["different"], found["moved_since"]) == (0, 0, 0), found
        assert found["customers"] > 2_000
        rate = done["orders"] / done["seconds"]
        figures.append(f"{name}: {found['customers']:,} customers counted anew are the same, at {rate:,.0f} records/s")


def send_jittered(deployment: Deployment, name: str) -> None:
    sender, luck = Sender(deployment.settings), random.Random(11)
    with open_history(file_of(name), name) as history:
        orders = list(history.orders())
    orders += luck.sample(orders, len(orders) // 20)
    # The log has the time of day of the broker: what counts is the order in which they come.
    orders.sort(key=lambda order: order.ordered_at_us + luck.uniform(0, 2 * DAY_US))
    for order in orders:
        sender.send(order.customer_id, order.to_json())
    sender.flush()


def without_newest(customer: Customer) -> bytes:
    """Return the state of a customer as if the newest order had never come."""
    rfm = RfmState(customer.rfm.as_of)
    held = customer.rfm.held
    for order_id in held.newest_ids(len(held))[1:]:
        rfm.add(held.get(order_id))
    customer.rfm = rfm
    return encode_state(header_of(customer), rfm)


@pytest.mark.long
def test_what_was_changed_by_hand_is_found_with_its_reason(live: Deployment) -> None:
    # Given a replay in which one customer is shown wrongly, one lacks an order, one's state lies, and one is gone
    replayed(live, "spoilt")
    prefix = f"{live.settings.redis_prefix}shadow:spoilt:customer:"
    held = {key.decode().removeprefix(prefix): live.redis.hget(key, "state") for key in live.redis.keys(f"{prefix}*")}
    busy = [name for name, state in sorted(held.items()) if len(decode_customer(state).rfm.live) > 2]
    shown, late, lying, gone = busy[:4]
    live.redis.hset(f"{prefix}{shown}", "monetary", "12.5")
    live.redis.hset(f"{prefix}{late}", "state", without_newest(decode_customer(held[late])))
    customer = decode_customer(held[lying])
    header = header_of(customer)
    header.frequency += 1
    live.redis.hset(f"{prefix}{lying}", "state", encode_state(header, customer.rfm))
    live.redis.delete(f"{prefix}{gone}")

    code, found = compared(live, "spoilt")

    assert code == 1
    assert found["different"] == 4
    by_customer = {each["customer"]: each["reason"] for each in found["examples"] if "shown" not in each["field"]}
    assert (by_customer[late], by_customer[lying], by_customer[gone]) == (
        "late orders", "damaged state", "missing on one side",
    )  # fmt: skip
    assert {each["field"] for each in found["examples"] if each["customer"] == lying} >= {"spoilt: kept frequency"}
    assert ("spoilt: shown monetary", "12.5") in {
        (each["field"], each["first"]) for each in found["examples"] if each["customer"] == shown
    }
    told = live.terminal().run("replay", "diff", "live", "spoilt")
    assert told.returncode == 0
    assert "missing on one side: only one side knows the customer" in told.stdout


@pytest.mark.long
def test_two_processes_share_a_replay_and_publish_what_live_published(live: Deployment) -> None:
    # When two begin at once
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(replayed, live, "two", "--publish", "--rate", "500", "--instance-id", name)
            for name in ("r0", "r1")
        ]
        done = [each.result() for each in runs]

    # Then each did a part, all is done, and the chains of changes are whole and have ids of their own
    assert all(each["is_done"] for each in done)
    assert compared(live, "two")[1]["different"] == 0
    topic = live.settings.within("two").topics.changes
    values = [r[2] for records in read_all(live.settings, [topic], PARTITIONS)[topic] for r in records if r[2]]
    assert broken_chains(by_customer(values)) == []
    live_ids = {change["event_id"] for chain in live.changes().values() for change in chain}
    assert live_ids.isdisjoint(json.loads(value)["event_id"] for value in values)
    assert len(values) > 100
