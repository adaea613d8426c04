"""Right to the cent: what the worker keeps equals an independent count over the shops' files, customer by customer."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.workload import model
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.state_record import decode_customer
from stream_app.history.reading import open_history
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.lookup import features_at
from stream_app.replay.send import Sender
from tests.integration.deployment import Deployment
from tests.integration.real_logs import file_of
from tests.integration.recount import COMPLETEJOURNEY, ONLINE_RETAIL, Totals, totals
from tests.integration.results import broken_chains

WINDOW = 365 * DAY_US
CATCH_UP_SECONDS = 240.0


# The shorter form counts one shop: the smaller file where it is at hand.
HAS_RETAIL = "SEGSTREAM_UCI_PARQUET" in os.environ
SHOPS = [
    pytest.param("completejourney", marks=pytest.mark.long if HAS_RETAIL else ()),
    "online-retail",
]


@pytest.fixture(scope="module", params=SHOPS)
def streamed(
    request: pytest.FixtureRequest, kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Deployment, Path, str]]:
    """A file, all of it through a worker without a window: shuffled, and every twentieth order twice."""
    name: str = request.param
    file = file_of(name)
    lines = COMPLETEJOURNEY if name == "completejourney" else ONLINE_RETAIL
    folder = tmp_path_factory.mktemp(name)
    settings = {"window_days": None, "chunk_records": 10_000, "kafka_session_timeout_ms": 10_000}
    with Deployment(kafka, valkey, folder, kafka_transaction_timeout_ms=20_000, **settings) as deployment:
        deployment.create(partitions=4, model=model(window_days=None))
        send_shuffled(deployment, file, name)
        worker = deployment.worker()
        deployment.wait_done(CATCH_UP_SECONDS)
        assert worker.terminate() == 0, worker.said()
        yield deployment, file, lines


def send_shuffled(deployment: Deployment, file: Path, name: str) -> None:
    sender = Sender(deployment.settings)
    with open_history(file, name) as history:
        orders = [(order.customer_id, order.to_json()) for order in history.orders()]
    luck = random.Random(5)
    orders += luck.sample(orders, len(orders) // 20)
    luck.shuffle(orders)
    for customer_id, value in orders:
        sender.send(customer_id, value)
    sender.flush()


def in_redis(deployment: Deployment) -> dict[str, tuple[str, ...]]:
    found = {}
    for customer_id, fields in deployment.results().hashes.items():
        names = (b"recency_at", b"frequency", b"monetary", b"unique_products")
        found[customer_id] = tuple(fields[name].decode() for name in names)
    return {customer_id: values for customer_id, values in found.items() if values[0]}


def as_text(counted: Totals) -> tuple[str, ...]:
    last, frequency, money, products = counted
    units, rest = divmod(money, MONEY_SCALE)
    amount = f"{units}.{rest:04d}".rstrip("0") if rest else str(units)
    return rfc3339(last), str(frequency), amount, str(products)


@pytest.mark.timeout(600)
def test_redis_without_a_window_equals_a_count_over_the_file(streamed: tuple[Deployment, Path, str]) -> None:
    deployment, file, lines = streamed

    found = in_redis(deployment)

    expected = {customer: as_text(counted) for customer, counted in totals(file, lines).items()}
    assert {c: v for c, v in found.items() if expected.get(c) != v} == {}
    assert found.keys() == expected.keys()


def test_the_stored_state_gives_the_features_of_any_365_days(streamed: tuple[Deployment, Path, str]) -> None:
    deployment, file, lines = streamed
    changelog = deployment.results().changelog
    newest = max(decode_customer(record).rfm.as_of for record in changelog.values())
    as_of = newest + 30 * DAY_US

    found = {}
    for record in changelog.values():
        customer = decode_customer(record)
        features = features_at(customer, as_of, WINDOW)
        if features is not None:
            found[customer.customer_id] = features.numbers()

    expected = {
        customer: ((as_of - last) // DAY_US, *rest)
        for customer, (last, *rest) in totals(file, lines, as_of=as_of, window=WINDOW).items()
    }
    assert {c: (v, expected.get(c)) for c, v in found.items() if expected.get(c) != v} == {}
    assert found.keys() == expected.keys()


def test_changes_form_a_chain_that_ends_in_redis(streamed: tuple[Deployment, Path, str]) -> None:
    deployment, _, _ = streamed

    results = deployment.results()

    assert broken_chains(results.changes) == []
    ends = {customer: (chain[-1]["to"] or {"id": ""})["id"] for customer, chain in results.changes.items()}
    in_redis = {customer: fields[b"segment"].decode() for customer, fields in results.hashes.items()}
    assert {customer: segment for customer, segment in in_redis.items() if segment} == {
        customer: segment for customer, segment in ends.items() if segment
    }


def test_returns_are_netted_as_the_published_examples_say(streamed: tuple[Deployment, Path, str]) -> None:
    deployment, _, lines = streamed
    if lines is not ONLINE_RETAIL:
        assert all(entry >= "0" for *_, entry in in_redis(deployment).values())
        return

    found = in_redis(deployment)

    assert found["16446"][2] == "2.9"
    assert found["12346"][2] == "0"
