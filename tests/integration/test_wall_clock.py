"""Where no orders come, the time of day moves customers: never before their orders are read, and never back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from stream_app.core import partitioner
from stream_app.core.instants import DAY_US, NO_CLOCK, rfc3339
from stream_app.core.partitioner import Partitioner
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.worker.kafka_config import plain_producer
from stream_app.worker.wall_clock import GRACE_US
from tests.builders import an_instant, an_order_json
from tests.integration.deployment import Deployment
from tests.integration.shop import Sent

BEGINNING = an_instant("2025-01-01T00:00:00Z")
CUSTOMERS = 30
YEAR = 365 * DAY_US


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path, clock="wall") as made:
        yield made.create(2)


def partition_of(number: int) -> int:
    partition = partitioner.partition_of(f"C{number}".encode(), 2, Partitioner.MURMUR2)
    assert partition is not None
    return partition


def an_order_of(number: int, at: int, order_id: str = "first", *, is_history: bool = False) -> Sent:
    customer = f"C{number}"
    lines = [{"product_id": f"P{n}", "quantity": 1, "unit_price": 90.0} for n in range(12)]
    body = an_order_json(customer_id=customer, order_id=order_id, ordered_at=rfc3339(at), lines=lines)
    headers = [("replay", b"true")] if is_history else []
    return Sent(partition_of(number), customer.encode(), json.dumps(body).encode(), headers)


def a_day_of_orders(at: int = BEGINNING) -> list[Sent]:
    return [an_order_of(number, at + number * 1_000_000) for number in range(CUSTOMERS)]


def steps(deployment: Deployment) -> dict[str, list[tuple[str, str, str | None]]]:
    """Return every customer's changes as (as_of, cause, segment)."""
    return {
        customer: [(change["as_of"], change["cause"], change["to"] and change["to"]["id"]) for change in changes]
        for customer, changes in deployment.changes().items()
    }


def test_idle_partitions_age_with_the_time_of_day_each_customer_at_their_own_instant(deployment: Deployment) -> None:
    deployment.send(a_day_of_orders())
    deployment.set_time(BEGINNING + DAY_US)
    deployment.worker()
    deployment.wait_done()

    deployment.set_time(BEGINNING + YEAR + DAY_US)
    deployment.wait_clock(BEGINNING + YEAR + DAY_US - GRACE_US)

    for number in range(CUSTOMERS):
        *_, aged, last = steps(deployment)[f"C{number}"]
        assert aged[1] == "aging"
        assert last == (rfc3339(BEGINNING + number * 1_000_000 + YEAR), "expiry", None)


def test_a_time_of_day_that_is_set_back_changes_nothing(deployment: Deployment) -> None:
    deployment.send(a_day_of_orders())
    deployment.set_time(BEGINNING + 60 * DAY_US)
    deployment.worker()
    deployment.wait_clock(BEGINNING + 60 * DAY_US - GRACE_US)
    before = steps(deployment)

    deployment.set_time(BEGINNING + 2 * DAY_US)
    deployment.send([an_order_of(number, BEGINNING + 3 * DAY_US, "late") for number in range(CUSTOMERS)])
    deployment.wait_done()

    assert min(deployment.shown.clocks()) >= BEGINNING + 60 * DAY_US - GRACE_US
    after = steps(deployment)
    assert all(after[customer][: len(known)] == known for customer, known in before.items())
    assert {as_of for known in after.values() for as_of, cause, _ in known if cause == "order"} <= {
        rfc3339(instant)
        for instant in [*deployment.shown.clocks(), *(BEGINNING + n * 1_000_000 for n in range(CUSTOMERS))]
    }


def test_a_worker_that_was_down_reads_its_orders_before_it_ages_anybody(
    deployment: Deployment, kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    weeks = [BEGINNING + week * 7 * DAY_US for week in range(1, 60)]
    missed = [an_order_of(number, at, f"week {at}") for at in weeks for number in range(CUSTOMERS)]
    end = weeks[-1] + 40 * DAY_US
    deployment.send(a_day_of_orders())
    deployment.set_time(BEGINNING + DAY_US)
    worker = deployment.worker()
    deployment.wait_done()
    worker.kill()
    deployment.send(missed)

    deployment.set_time(end)
    deployment.worker(chunk_records=5)  # slow enough for the time of day to be told in between
    deployment.wait_clock(end - GRACE_US)

    tick = [("segstream.tick", rfc3339(end - GRACE_US).encode())]
    with Deployment(kafka, valkey, tmp_path / "by ticks") as undisturbed:
        undisturbed.create(2).send([*a_day_of_orders(), *missed, *(Sent(p, None, None, tick) for p in range(2))])
        undisturbed.run_to_end()
        assert steps(deployment) == steps(undisturbed)


def test_the_markers_of_a_shops_transactions_do_not_hold_the_clock_up(deployment: Deployment) -> None:
    shop = Producer(plain_producer(deployment.settings, "shop") | {"transactional.id": deployment.settings.deployment})
    shop.init_transactions(20)
    shop.begin_transaction()
    for sent in a_day_of_orders():
        shop.produce(deployment.topics.orders, sent.value, sent.key, sent.partition)
    shop.commit_transaction(20)

    deployment.set_time(BEGINNING + YEAR + DAY_US)
    deployment.worker()

    deployment.wait_clock(BEGINNING + YEAR + DAY_US - GRACE_US)
    assert all(known[-1][1:] == ("expiry", None) for known in steps(deployment).values())


def test_history_alone_gives_a_partition_no_clock(deployment: Deployment) -> None:
    deployment.send(an_order_of(number, BEGINNING, is_history=True) for number in range(CUSTOMERS))
    deployment.set_time(BEGINNING + DAY_US)
    deployment.worker()
    deployment.wait_progress(CUSTOMERS)
    deployment.set_time(BEGINNING + 2 * DAY_US)

    moved = partition_of(1)
    deployment.send([an_order_of(1, BEGINNING + DAY_US, "live")])
    deployment.wait_clock(BEGINNING + 2 * DAY_US - GRACE_US, moved)

    assert deployment.shown.clocks()[1 - moved] == NO_CLOCK
    assert set(steps(deployment)) == {f"C{number}" for number in range(CUSTOMERS) if partition_of(number) == moved}
