"""The past is added while live orders flow, through a kill, and nobody can tell it from a past that was there first."""

from __future__ import annotations

import json
import random
from pathlib import Path

from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.history.columns import own_format
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.reading import open_history
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.builders import an_instant, an_order_json
from tests.forks import Fork
from tests.integration.deployment import Deployment
from tests.integration.reading import read_all
from tests.integration.results import broken_chains
from tests.integration.shop import Sent
from tests.integration.waiting import wait_for

PARTITIONS = 2
PAST_ORDERS = 2_500
LIVE_ORDERS = 400
PAST = an_instant("2024-09-01T00:00:00Z")
LIVE = an_instant("2025-03-01T00:00:00Z")
END = an_instant("2025-05-01T00:00:00Z")
COLUMNS = {name: name for name in ("order_id", "customer_id", "product_id", "quantity", "unit_price", "ordered_at")}
WORDS = ("backfill", "past.csv", "--columns", ",".join(f"{name}={name}" for name in COLUMNS))
KEPT = {b"segment", b"name", b"valid_until", b"recency_at", b"frequency", b"monetary", b"unique_products"}


def a_past(folder: Path) -> Path:
    """Return a file of half a year's orders; a line is broken, one has quantity 0, an order lies in the future."""
    luck = random.Random(5)
    lines = [",".join(COLUMNS), "P-x,C1,A,many,1,2024-09-01T00:00:00Z", "P-y,C1,A,0,1,2024-09-01T00:00:00Z"]
    for number in range(PAST_ORDERS):
        at = rfc3339(PAST + number * 170 * DAY_US // PAST_ORDERS)
        lines.append(f"P-{number},C{luck.randrange(80)},A{luck.randrange(40)},1,{luck.randrange(1, 90)}.5,{at}")
    lines.append("P-z,C2,A,1,5,2095-01-01T00:00:00Z")
    path = folder / "past.csv"
    path.write_text("\n".join(lines))
    return path


def live_orders() -> list[Sent]:
    """Return two months of live orders, of customers of whom some are in the file."""
    luck, found = random.Random(6), []
    for number in range(LIVE_ORDERS):
        order = an_order_json(
            order_id=f"L-{number}", customer_id=f"C{luck.randrange(40, 110)}",
            ordered_at=rfc3339(LIVE + number * 60 * DAY_US // LIVE_ORDERS),
        )  # fmt: skip
        found.append(a_record(order["customer_id"], json.dumps(order).encode()))
    return found


def a_record(customer_id: str, value: bytes, headers: list[tuple[str, bytes]] | None = None) -> Sent:
    partition = partition_of(customer_id.encode(), PARTITIONS, Partitioner.MURMUR2)
    assert partition is not None
    return Sent(partition, customer_id.encode(), value, headers or [])


def ticks(instant: int) -> list[Sent]:
    return [Sent(p, None, None, [("segstream.tick", rfc3339(instant).encode())]) for p in range(PARTITIONS)]


def past_orders(path: Path) -> list[HistoricOrder]:
    with open_history(path, own_format(COLUMNS)) as past:
        return list(past.orders())


def customers(deployment: Deployment) -> dict[str, dict[bytes, bytes]]:
    """Return what readers see of everybody, without what tells how it came to be."""
    return {
        name: {field: value for field, value in held.items() if field in KEPT}
        for name, held in deployment.results().hashes.items()
    }


def begun(deployment: Deployment, *flags: str) -> Fork:
    return deployment.terminal().begin(*WORDS, *flags, said=deployment.folder / "backfill.out")


def confirmed(folder: Path) -> int:
    return sum(json.loads(file.read_text())["confirmed"] for file in folder.glob("past.csv.segstream-load-*.json"))


def test_a_backfill_that_was_killed_gives_what_a_past_that_came_first_gives(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    path, live = a_past(tmp_path), live_orders()
    with Deployment(kafka, valkey, tmp_path) as deployment:
        # Given live orders that flow while the past is added, and a backfill that is killed on the way
        deployment.create(PARTITIONS)
        worker = deployment.worker()
        deployment.send(live[:40])
        with deployment.trickle(live[40:], seconds=3.0):
            with begun(deployment, "--rate", "1000") as first:
                wait_for("a part is there", lambda: confirmed(tmp_path) > 300)
                first.kill()
            at_kill = confirmed(tmp_path)

            # When it is run again
            terminal = deployment.terminal()
            again = json.loads(terminal.ok(*WORDS, "--json"))
        deployment.wait_done()

        # Then the rest was sent, and neither the past nor its tick moved a clock
        assert 300 < at_kill < PAST_ORDERS
        assert again["sent"]["already_there"] >= at_kill
        assert again["sent"]["orders"] + again["sent"]["already_there"] == PAST_ORDERS + 2
        assert deployment.shown.clocks() == [
            max(an_instant(json.loads(sent.value or b"")["ordered_at"]) for sent in live if sent.partition == partition)
            for partition in range(PARTITIONS)
        ]

        # And a third run adds no record and says so
        ends = deployment.ends(deployment.topics.orders)
        third = terminal.run(*WORDS)
        assert third.returncode == 0, third.stderr
        assert deployment.ends(deployment.topics.orders) == ends
        assert f"{PAST_ORDERS + 2:,}  orders there already" in third.stderr
        assert "1  line rejected, for the reasons above" in third.stderr
        assert "1  line skipped: quantity 0" in third.stderr
        assert "80  customers, 2024-09-01 to 2095-01-01" in third.stderr

        deployment.send(ticks(END))
        deployment.wait_done()
        found = customers(deployment)
        assert broken_chains(deployment.changes()) == []
        changes = [change for chain in deployment.changes().values() for change in chain]
        assert any(change["replay"] for change in changes)
        worker.terminate()

    # And everybody is as in a deployment that had the past first
    (tmp_path / "fresh").mkdir()
    with Deployment(kafka, valkey, tmp_path / "fresh") as fresh:
        fresh.create(PARTITIONS)
        past = [a_record(order.customer_id, order.to_json(), [("replay", b"true")]) for order in past_orders(path)]
        fresh.send([*past, *ticks(LIVE), *live, *ticks(END)])
        fresh.run_to_end()
        assert found == customers(fresh)
    assert len(found) == 110


def test_a_file_goes_into_two_deployments_and_each_knows_its_own(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    a_past(tmp_path)
    with Deployment(kafka, valkey, tmp_path) as first, Deployment(kafka, valkey, tmp_path) as second:
        for deployment in (first, second):
            deployment.create_topics(PARTITIONS)
            deployment.terminal().ok(*WORDS)

        again = json.loads(first.terminal().ok(*WORDS, "--json"))

        assert again["sent"] == {"orders": 0, "already_there": PAST_ORDERS + 2, "is_complete": True}
        for deployment in (first, second):
            orders = deployment.topics.orders
            records = read_all(deployment.settings, [orders], PARTITIONS)[orders]
            assert sum(map(len, records)) == PAST_ORDERS + 2 + PARTITIONS
