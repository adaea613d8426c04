"""An operator finds the orders that were refused, mends them with a small file, and sends each once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.builders import an_order_json
from tests.forks import Fork
from tests.integration import faulty_replay
from tests.integration.deployment import Deployment
from tests.integration.reading import Record, read_all
from tests.integration.replays import compared, replayed
from tests.integration.shop import Sent
from tests.integration.waiting import wait_for

FIX = """
[rename]
number = "order_id"
[lines.rename]
sku = "product_id"
[lines.default]
quantity = 1
"""
PARTITIONS = 2
CUSTOMERS = 30


def to_its_partition(customer: str, order: dict[str, Any] | bytes, *headers: tuple[str, bytes]) -> Sent:
    partition = partition_of(customer.encode(), PARTITIONS, Partitioner.MURMUR2)
    assert partition is not None
    value = order if isinstance(order, bytes) else json.dumps(order).encode()
    return Sent(partition, customer.encode(), value, list(headers))


def a_misnamed_order(customer: str) -> Sent:
    """Return an order as a shop sends it that has other names for things."""
    order = an_order_json(customer_id=customer, ordered_at="2025-06-01T10:00:00Z")
    del order["order_id"], order["lines"]
    order |= {"number": f"{customer}-2", "lines": [{"sku": "tea", "amount": 4.5}]}
    return to_its_partition(customer, order, ("trace", b"t-1"))


@pytest.fixture
def shop(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A worker that took an order of each customer, and refused one of each and three more."""
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("letters")) as deployment:
        deployment.create(PARTITIONS)
        customers = [f"C{n}" for n in range(CUSTOMERS)]
        good = [to_its_partition(c, an_order_json(customer_id=c, order_id=f"{c}-1")) for c in customers]
        other = an_order_json(customer_id="C1", order_id="C1-1", lines=[])
        bad = [to_its_partition("C1", b"tea;4.50"), to_its_partition("C2", b"\xff"), to_its_partition("C1", other)]
        deployment.send([*good, *(a_misnamed_order(customer) for customer in customers), *bad])
        deployment.worker()
        deployment.wait_done()
        (deployment.folder / "fix.toml").write_text(FIX)
        yield deployment


def orders_in(deployment: Deployment) -> list[list[Record]]:
    topic = deployment.topics.orders
    return read_all(deployment.settings, [topic], PARTITIONS)[topic]


def again_in(deployment: Deployment) -> list[tuple[int, Record]]:
    """Return the orders that were dead letters once, and their partitions."""
    return [
        (partition, record)
        for partition, records in enumerate(orders_in(deployment))
        for record in records
        if "segstream.dead_letter" in dict(record[3])
    ]


def frequencies(deployment: Deployment) -> Counter[bytes]:
    keys = deployment.redis.scan_iter(f"{deployment.settings.redis_prefix}customer:*", 1_000)
    return Counter(deployment.redis.hget(key, "frequency") for key in keys)


def wait_counted_twice(deployment: Deployment) -> None:
    """Wait until each customer has two purchases, and the worker says that nothing waits behind the markers."""
    wait_for("each order counts", lambda: frequencies(deployment) == {b"2": CUSTOMERS}, 20)
    worker = deployment.workers[0]
    wait_for("nothing waits", lambda: worker.readyz()[1].get("lag") == 0, 10, worker.readyz)
    said = json.loads(deployment.terminal().run("doctor", "--json").stdout)
    assert "No record waits." in json.dumps(said)


def reasons(deployment: Deployment) -> dict[str, tuple[int, int]]:
    found = json.loads(deployment.terminal().ok("dlq", "list", "--json"))
    return {each["code"]: (each["waiting"], each["replayed"]) for each in found}


def test_an_operators_way_with_refused_orders(shop: Deployment) -> None:
    terminal = shop.terminal()

    # They are counted, shown and exported
    assert reasons(shop) == {"MISSING": (30, 0), "ID_CONFLICT": (1, 0), "NOT_JSON": (1, 0), "NOT_UTF8": (1, 0)}
    table = terminal.ok("dlq", "list").splitlines()
    assert table[1].split()[:3] == ["MISSING", "30", "0"]
    shown = terminal.ok("dlq", "show", table[1].split()[-1])
    assert shown.startswith("MISSING: ")
    assert all(words in shown for words in ("  mend    Send the field.", "header  trace: t-1", '"sku": "tea"'))
    exported = [json.loads(line) for line in terminal.ok("dlq", "export", "--reason", "not_utf8").splitlines()]
    assert [(each["code"], each["value"]) for each in exported] == [
        ("NOT_UTF8", {"text": "/w==", "encoding": "base64"})
    ]

    # As they are, none would be taken; mended, those are that a fix can mend, and nothing is sent before --yes
    before = shop.ends(shop.topics.orders)
    assert "Nothing can be sent as it is." in terminal.ok("dlq", "replay")
    dry = terminal.ok("dlq", "replay", "--fix", "fix.toml")
    assert "MISSING: 30 would be sent" in dry
    assert "ID_CONFLICT: 0 would be sent\n  1 would be refused again" in dry
    assert shop.ends(shop.topics.orders) == before

    # Sent, each stands in its partition under its key, and counts
    done = json.loads(terminal.ok("dlq", "replay", "--fix", "fix.toml", "--yes", "--json"))
    assert (done["sent"], done["is_read"], done["refused"]) == (30, True, [])
    for partition, (_, key, value, headers) in again_in(shop):
        customer = (key or b"").decode()
        assert partition == partition_of(customer.encode(), PARTITIONS, Partitioner.MURMUR2)
        assert json.loads(value or b"")["order_id"] == f"{customer}-2"
        assert dict(headers)["trace"] == b"t-1"
    wait_counted_twice(shop)

    # What was sent is marked: it is not sent again, and shown as sent
    assert reasons(shop)["MISSING"] == (0, 30)
    assert json.loads(terminal.ok("dlq", "replay", "--fix", "fix.toml", "--yes", "--json"))["sent"] == 0
    assert len(again_in(shop)) == CUSTOMERS
    assert "  state   sent again 2" in terminal.ok("dlq", "show", table[1].split()[-1])


@pytest.mark.long
def test_a_replay_ends_behind_the_markers_of_transactions_and_counts_what_was_sent_again(shop: Deployment) -> None:
    terminal = shop.terminal()
    terminal.ok("dlq", "replay", "--fix", "fix.toml", "--yes")
    wait_counted_twice(shop)

    replayed(shop, "check")

    code, found = compared(shop, "check")
    assert (code, found["different"], found["customers"]) == (0, 0, CUSTOMERS), found


def killed_replay(shop: Deployment, kill_at: str) -> None:
    """Replay in slices of 7 until killed."""
    env = shop.terminal().env | {"FAULT_KILL": kill_at, "FAULT_SLICE": "7"}
    out = shop.folder / "replay.out"
    with Fork.start(faulty_replay.main, [str(shop.folder / "fix.toml")], env=env, stdout=out) as fork:
        assert fork.wait(30) == -9, out.read_text()


def test_a_letter_is_sent_once_whenever_the_command_is_killed(shop: Deployment) -> None:
    # Given a run killed with its second transaction open, and one with its second just committed
    killed_replay(shop, "produced:2")
    killed_replay(shop, "committed:2")
    assert len(again_in(shop)) == 21

    # When another ends the work
    done = json.loads(shop.terminal().ok("dlq", "replay", "--fix", "fix.toml", "--yes", "--json"))

    # Then each was sent once, by the first, the second or the third
    assert done["sent"] == 30 - 21
    origins = Counter(dict(record[3])["segstream.dead_letter"] for _, record in again_in(shop))
    assert len(origins) == CUSTOMERS
    assert set(origins.values()) == {1}
    wait_counted_twice(shop)
    assert reasons(shop)["MISSING"] == (0, 30)


def test_what_is_refused_again_is_told(shop: Deployment) -> None:
    # Given a fix that makes of every order one that is known with other content: only the state can tell
    text = FIX.replace('number = "order_id"', 'spare = "order_id"').replace("[rename]", "[rename]\n")
    values = [json.loads(each[2] or b"") for records in orders_in(shop) for each in records if b'"number"' in each[2]]
    shop.send(to_its_partition(v["customer_id"], v | {"spare": f"{v['customer_id']}-1"}) for v in values[:4])
    shop.wait_done()
    (shop.folder / "fix.toml").write_text(text)

    told = shop.terminal().ok("dlq", "replay", "--fix", "fix.toml", "--yes")

    assert "The workers took 0 of 4." in told
    assert "  4 refused again: ID_CONFLICT, " in told
    assert reasons(shop)["ID_CONFLICT"] == (5, 0)


def test_mistakes_are_refused_in_words(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create_topics(PARTITIONS)
        terminal = deployment.terminal()
    (tmp_path / "bad.toml").write_text('[rename]\na = "order_number"\n')

    found = {
        words: terminal.run("dlq", *words.split())
        for words in ("show 0:999999", "show here", "replay --reason SILLY", "replay --fix bad.toml")
    }

    assert {words: done.returncode for words, done in found.items()} == {
        "show 0:999999": 1, "show here": 2, "replay --reason SILLY": 2, "replay --fix bad.toml": 2,
    }  # fmt: skip
    assert "LETTER_MISSING" in found["show 0:999999"].stderr
    assert "SILLY is no reason" in found["replay --reason SILLY"].stderr
    assert "[rename] names order_number, which is no field" in found["replay --fix bad.toml"].stderr
