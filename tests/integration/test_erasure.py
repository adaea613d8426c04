"""Somebody is erased while others buy: nothing of them comes back, whatever is restarted, emptied or read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
)
from msgspec.structs import replace

from stream_app.api.tokens import Scope, new_token
from stream_app.core.erasure import ERASE_HEADER, UNERASE_HEADER, Block, decode_block
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.worker.control import read_control
from stream_app.worker.meta import decode_meta, encode_meta
from tests.builders import AN_ERASURE_KEY, an_order_json
from tests.integration.api_process import ApiProcess, Said
from tests.integration.deployment import Deployment
from tests.integration.results import broken_chains
from tests.integration.shop import Sent
from tests.integration.waiting import wait_for

SECRET = "a secret of 32 characters or more"  # noqa: S105
ANOTHER_SECRET = "another secret of 32 characters or more"  # noqa: S105
CANARY = "canary-7f3a9e51"
OTHERS = [f"C{number}" for number in range(12)]
PARTITIONS = 2


def sent(customer: str, value: bytes | None, headers: list[tuple[str, bytes]] | None = None) -> Sent:
    key = customer.encode()
    partition = partition_of(key, PARTITIONS, Partitioner.MURMUR2)
    assert partition is not None
    return Sent(partition, key, value, headers or [])


def an_order(customer: str, order_id: str, day: int) -> Sent:
    order = an_order_json(customer_id=customer, order_id=order_id, ordered_at=f"2025-02-{day:02d}T12:00:00Z")
    return sent(customer, json.dumps(order).encode())


def some_days(first: int, last: int) -> list[Sent]:
    """Return an order of everybody's, the canary's among them, on each of these days."""
    days = range(first, last + 1)
    return [an_order(customer, f"O{day}", day) for day in days for customer in [*OTHERS, CANARY]]


def a_marker(customer: str, *, is_lifting: bool = False) -> Sent:
    header = UNERASE_HEADER if is_lifting else ERASE_HEADER
    return sent(customer, None, [(header, AN_ERASURE_KEY.header_of(customer))])


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path, erasure_key=SECRET) as deployment:
        yield deployment.create(PARTITIONS)


def traces(deployment: Deployment) -> list[str]:
    """Return where in Redis the canary is found."""
    prefix = deployment.settings.redis_prefix
    found = [f"{prefix}customer:{CANARY}"] if deployment.redis.exists(f"{prefix}customer:{CANARY}") else []
    for kind in ("due:*", "segment:*"):
        for key in deployment.redis.scan_iter(f"{prefix}{kind}"):
            if deployment.redis.zscore(key, CANARY) is not None:
                found.append(key.decode())
    return found


def block_of(deployment: Deployment, customer: str = CANARY) -> Block | None:
    hash_ = AN_ERASURE_KEY.hash_of(customer)
    partition = partition_of(customer.encode(), PARTITIONS, Partitioner.MURMUR2)
    found = deployment.redis.hget(deployment.shown.key("blocked", partition or 0), hash_)
    return None if found is None else decode_block(found)


def chain(deployment: Deployment) -> list[dict[str, Any]]:
    return deployment.changes()[CANARY]


def customers_counted(deployment: Deployment) -> int:
    return sum(
        int(number)
        for partition in range(PARTITIONS)
        for name, number in deployment.redis.hgetall(f"{deployment.settings.redis_prefix}totals:{partition}").items()
        if name.startswith(b"customers:")
    )


def test_nobody_comes_back_after_a_kill_an_empty_redis_and_late_orders(deployment: Deployment) -> None:
    deployment.send(some_days(1, 3))
    deployment.run_to_end()
    assert traces(deployment)
    deployment.send([*some_days(4, 4), a_marker(CANARY), *some_days(5, 6), sent(CANARY, b"{no order")])
    worker = deployment.worker(kill_at="commit_acked:1")
    assert worker.wait(30) == -9
    deployment.redis.flushall()

    deployment.run_to_end()
    deployment.send(some_days(7, 8))
    deployment.run_to_end("w1")

    results = deployment.results()
    told = chain(deployment)
    assert told[-1]["cause"] == "erasure"
    assert block_of(deployment) == Block(len(told))
    assert traces(deployment) == []
    assert results.dead_letters.total() == 0
    assert broken_chains(results.changes) == []
    assert results.hashes.keys() == set(OTHERS)
    assert customers_counted(deployment) == len(OTHERS)


@pytest.mark.long
def test_a_reading_from_the_beginning_never_tells_of_the_erased(deployment: Deployment) -> None:
    deployment.send(some_days(1, 2))
    deployment.run_to_end()
    terminal = deployment.terminal()
    worker = deployment.worker()
    assert terminal.run("erase", CANARY, "--why", "asked").returncode == 0
    assert worker.terminate() == 0
    before = len(chain(deployment))

    again = deployment.settings.model_copy(
        update={"kafka_group_id": f"{deployment.settings.kafka_group_id}-again", "redis_prefix": "again:"}
    )
    deployment.settings = again
    _empty(deployment, deployment.topics.state)
    deployment.run_to_end("w2")

    assert len(chain(deployment)) == before
    assert traces(deployment) == []
    assert block_of(deployment) == Block(0)


def _empty(deployment: Deployment, topic: str) -> None:
    """Delete and make anew a topic that the worker rebuilds."""
    admin = AdminClient({"bootstrap.servers": deployment.kafka.bootstrap, "log_level": 0})
    admin.delete_topics([topic])[topic].result(20)
    wait_for("the topic is gone", lambda: topic not in admin.list_topics(timeout=5).topics)
    deployment.create_topics(PARTITIONS)


@pytest.mark.long
def test_the_commands_erase_export_and_let_come_back(deployment: Deployment) -> None:
    deployment.send([*some_days(1, 2), sent(CANARY, b"{no order")])
    worker = deployment.worker()
    deployment.wait_done()
    terminal = deployment.terminal()
    held = json.loads(terminal.ok("export", CANARY))

    erased = terminal.run("erase", CANARY)
    again = terminal.run("erase", CANARY)
    nothing = json.loads(terminal.ok("export", CANARY, "--no-topics"))
    unknown = json.loads(terminal.ok("export", "nobody"))
    lifted = terminal.run("unerase", CANARY)
    deployment.send([an_order(CANARY, "O20", 20)])
    deployment.wait_done()

    assert [order["order_id"] for order in held["state"]["orders"]] == ["O1", "O2"]
    assert (held["is_known"], held["is_blocked"]) == (True, False)
    assert len(held["redis"]["indexes"]) == 2
    assert [letter["code"] for letter in held["dead_letters"]] == ["NOT_JSON"]
    assert held["changes"][0]["value"]["customer_id"] == CANARY
    assert len(held["orders"]) == 3
    assert (erased.returncode, again.returncode, lifted.returncode) == (0, 0, 0), erased.stderr
    assert (nothing["is_blocked"], nothing["state"], nothing["redis"]) == (True, None, None)
    assert (unknown["is_known"], unknown["state"]) == (False, None)
    told = chain(deployment)
    assert [change["cause"] for change in told[-2:]] == ["erasure", "order"]
    assert [change["sequence"] for change in told] == list(range(1, len(told) + 1))
    assert block_of(deployment) is None
    assert CANARY not in worker.said()
    assert CANARY not in worker.metrics()


@pytest.mark.long
def test_a_worker_without_the_key_stops_instead_of_bringing_people_back(deployment: Deployment) -> None:
    deployment.send(some_days(1, 1))
    deployment.run_to_end()
    assert deployment.terminal().run("erase", CANARY, "--no-wait").returncode == 0

    keyless = deployment.worker("w1", erasure_key=None)

    assert keyless.wait(30) == 1
    assert "ERASURE_KEY" in keyless.said()
    refused = deployment.terminal().run("erase", CANARY, SEGSTREAM_ERASURE_KEY=ANOTHER_SECRET)
    assert refused.returncode == 1
    assert "ERASURE_KEY" in refused.stderr


@pytest.mark.long
def test_a_worker_with_another_key_waits_at_the_marker_and_brings_nobody_back(deployment: Deployment) -> None:
    # Given a worker with another key that meets a marker
    deployment.send([*some_days(1, 1), a_marker(CANARY), *some_days(2, 2)])
    stranger = deployment.worker(erasure_key=ANOTHER_SECRET)
    wait_for("it pauses", lambda: "is paused: MARKER_KEY" in str(stranger.readyz()), said=stranger.testimony)
    assert stranger.terminate() == 0

    # When one with the right key follows
    deployment.run_to_end("w1")

    # Then it goes on by itself, and another one with the wrong key ends before it could bring somebody back
    assert (traces(deployment), block_of(deployment)) == ([], Block(len(chain(deployment))))
    wrong = deployment.worker("w2", erasure_key=ANOTHER_SECRET)
    assert wrong.wait(30) == 1
    assert "ERASURE_KEY" in wrong.said()


@pytest.mark.long
def test_the_first_erasure_needs_the_key_of_the_workers(deployment: Deployment) -> None:
    deployment.send(some_days(1, 1))
    deployment.run_to_end()
    said = read_control(deployment.settings).position

    refused = deployment.terminal().run("erase", CANARY, SEGSTREAM_ERASURE_KEY=ANOTHER_SECRET)

    assert refused.returncode == 1
    assert "ERASURE_KEY: No worker has this SEGSTREAM_ERASURE_KEY" in refused.stderr
    assert read_control(deployment.settings).position == said


@pytest.mark.long
def test_block_lists_of_a_release_that_did_not_say_their_key_are_refused_by_another_one(
    deployment: Deployment, tmp_path: Path
) -> None:
    # Given partitions with erased people, as a release left them that wrote no fingerprint
    deployment.send(some_days(1, 1))
    worker = deployment.worker()
    deployment.wait_done()
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join([CANARY, *OTHERS]))
    deployment.terminal().ok("erase", "--file", str(ids))
    assert worker.terminate() == 0
    for partition in range(PARTITIONS):
        key = f"{deployment.settings.redis_prefix}partition:{deployment.topics.orders}:{partition}"
        meta = decode_meta(deployment.redis.hget(key, "meta"))
        assert meta.blocked
        deployment.redis.hset(key, "meta", encode_meta(replace(meta, erasure_key="")))

    # When a worker has another key
    wrong = deployment.worker("w1", erasure_key=ANOTHER_SECRET)

    # Then it stops, and one with the right key goes on and brings nobody back
    assert wrong.wait(30) == 1
    assert "ERASURE_KEY" in wrong.said()
    deployment.workers.remove(wrong)
    deployment.send(some_days(2, 2))
    deployment.run_to_end("w2")
    assert deployment.shown.hashes("customer:") == {}


@pytest.mark.long
def test_the_api_erases_for_admins_and_says_whether_it_has_happened(deployment: Deployment) -> None:
    deployment.send(some_days(1, 2))
    worker = deployment.worker()
    deployment.wait_done()
    (admin, entry), (reader, read_entry) = new_token(Scope.ADMIN), new_token(Scope.READ)
    with ApiProcess(deployment, api_tokens=f"{entry},{read_entry}") as api:
        api.ready(f"Bearer {admin}")

        def delete(token: str, customer: str = CANARY) -> Said:
            return api.ask("DELETE", f"/customers/{customer}", None, {"authorization": f"Bearer {token}"})

        forbidden, done, again = delete(reader), delete(admin), delete(admin)
        left = api.get(f"/customers/{CANARY}", authorization=f"Bearer {reader}")
        assert worker.terminate() == 0
        late = delete(admin, OTHERS[0])
        wrong = delete(admin, "x" * 300)

        assert (forbidden.status, done.status, again.status, left.status) == (403, 204, 204, 404)
        assert (late.status, wrong.status) == (202, 400)
        assert json.loads(wrong.body)["code"] == "CUSTOMER_ID"
        assert len(json.loads(late.body)["offsets"]) == 1
        assert CANARY not in api.said()
    deployment.run_to_end("w1")
    assert OTHERS[0] not in deployment.results().hashes
    assert block_of(deployment, OTHERS[0]) is not None
