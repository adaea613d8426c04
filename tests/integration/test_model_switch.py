"""A model is promoted while a worker runs: everybody goes over once, at one instant, whatever happens meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from model_store.store import Artefact
from stream_app.core.errors import SegstreamError
from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.state_record import read_header
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.operators import promote
from tests.builders import A_CENTROID_SET, ARecord, a_model, rules
from tests.driver import Driver
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.results import Change, Results, broken_chains, by_customer, differences
from tests.integration.shop import Sent, a_log
from tests.integration.waiting import wait_for

IS_LONG = "SEGSTREAM_PROVE" in os.environ

ORDERS, CUSTOMERS, ORDERS_PER_SECOND, CHUNK = (90_000, 8_000, 5_000, 20_000) if IS_LONG else (1_200, 80, 250, 150)
"""What a worker that dies in the middle of a switch has to do meanwhile."""

LOG = a_log(PARTITIONS, orders=1_200, customers=80)
SPLIT = 800
FIRST, SECOND = LOG[:SPLIT], LOG[SPLIT:]


def next_model(version: str = "20260101T000000Z-next") -> SegmentModel:
    """Return a model that puts many customers elsewhere, and calls s1 by another name."""
    model = a_model(version=version, centroids=tuple(tuple(axis + 0.6 for axis in row) for row in A_CENTROID_SET))
    first, *rest = model.segments
    return replace(model, segments=(replace(first, name="Darlings"), *rest))


def switched(deployment: Deployment, *, is_killed: bool = False) -> Results:
    """Work off the first part, promote, let everybody go over, and work off the second part."""
    deployment.create(PARTITIONS).send(FIRST)
    deployment.run_to_end()
    deployment.promote(next_model())
    if is_killed:
        victim = deployment.worker("w1", kill_at="commit_acked:2", due_slice=3)
        victim.wait_hit()
        wait_for("it is gone", lambda: not victim.is_running())
        left = [meta.switch for p in range(PARTITIONS) if (meta := deployment.shown.meta(p)) is not None]
        assert any(left) or any(meta is None for meta in left), "it was killed before or after the switch"
    worker = deployment.worker("w1", due_slice=7)
    deployment.wait_model(next_model().version)
    deployment.send(SECOND)
    deployment.wait_done()
    assert worker.terminate() == 0, worker.said()
    return deployment.results()


@pytest.fixture(scope="module")
def found(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Results:
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("switched")) as deployment:
        return switched(deployment)


def by_the_core(partition: int) -> Driver:
    """Play one partition without Kafka and Redis."""
    driver = Driver(Scorer(a_model()), rules(partitions=PARTITIONS, deployment="segstream"))
    driver.progress.partition = partition
    records = records_of(partition, LOG)
    first = len(records_of(partition, FIRST))
    driver.run(records[:first])
    driver.settle()
    driver.begin_switch(Scorer(next_model()))
    driver.run([])
    driver.run(records[first:])
    driver.settle()
    return driver


@cache
def expected_changes() -> dict[str, list[Change]]:
    """Return what all partitions should publish."""
    drivers = [by_the_core(partition) for partition in range(PARTITIONS)]
    return by_customer([change for driver in drivers for mine in driver.changes.values() for change in mine])


def records_of(partition: int, log: Iterable[Sent]) -> list[ARecord]:
    mine = [sent for sent in log if sent.partition == partition]
    return [ARecord(sent.value, sent.key, offset, headers_=list(sent.headers)) for offset, sent in enumerate(mine)]


def test_a_worker_that_switches_publishes_what_the_core_says(found: Results) -> None:
    causes = [change["cause"] for mine in found.changes.values() for change in mine]

    assert causes.count("model") > 20
    assert found.changes == expected_changes()


def test_names_follow_the_model_also_for_those_whose_id_stays(found: Results) -> None:
    names = {fields[b"segment"]: fields[b"name"] for fields in found.hashes.values()}
    stayed = [mine for mine in found.changes.values() if all(change["cause"] != "model" for change in mine)]

    assert stayed
    assert names[b"s1"] == b"Darlings"
    assert {fields[b"model_version"].decode() for fields in found.hashes.values()} == {next_model().version}


def test_killed_in_the_middle_it_goes_on_and_nobody_can_tell(
    found: Results, kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        assert differences(found, switched(deployment, is_killed=True)) == []


@pytest.mark.long
def test_a_rate_limit_delays_events_and_no_state(
    found: Results, kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, model_events_per_second=3) as deployment:
        deployment.create(PARTITIONS).send(FIRST)
        deployment.run_to_end()
        deployment.promote(next_model())
        victim = deployment.worker("w1")
        deployment.wait_model(next_model().version)
        keys = deployment.redis.scan_iter(f"{deployment.settings.redis_prefix}customer:*")
        versions = {deployment.redis.hget(key, "model_version") for key in keys}
        published = by_the_model(deployment.changes())
        victim.kill()
        deployment.worker("w1")
        deployment.send(SECOND)
        deployment.wait_done()
        deployment.wait_paid()

        assert versions == {next_model().version.encode()}
        assert published < by_the_model(found.changes) / 2
        assert differences(found, deployment.results()) == []


def by_the_model(changes: dict[str, list[Change]]) -> int:
    return sum(change["cause"] == "model" for mine in changes.values() for change in mine)


def test_orders_that_come_meanwhile_and_two_workers_of_which_one_dies(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    log = a_log(PARTITIONS, orders=ORDERS, customers=CUSTOMERS)
    with Deployment(kafka, valkey, tmp_path, chunk_records=CHUNK) as deployment:
        deployment.create(PARTITIONS).send(log[: ORDERS // 3])
        deployment.run_to_end()
        deployment.worker("w2", due_slice=CUSTOMERS // 40)
        with deployment.trickle(log[ORDERS // 3 :], seconds=ORDERS / 1.5 / ORDERS_PER_SECOND):
            deployment.promote(next_model())
            victim = deployment.worker("w1", kill_at="produce:3", due_slice=CUSTOMERS // 40)
            wait_for("the switch is under way or over", lambda: victim.hit() or deployment.shown.is_switching())
            victim.kill()
        deployment.wait_model(next_model().version)
        deployment.wait_done()
        results = deployment.results()

    assert broken_chains(results.changes) == []
    assert misplaced(results, next_model()) == []
    for mine in results.changes.values():
        assert sum(change["cause"] == "model" for change in mine) <= 1


def misplaced(results: Results, model: SegmentModel) -> list[str]:
    """Return who is not where the model puts them at their newest instant."""
    scorer = Scorer(model)
    wrong = []
    for customer, record in results.changelog.items():
        header = read_header(record)
        days = (header.as_of - (header.last_purchase or 0)) // DAY_US
        row = (days, header.frequency, header.monetary, header.unique_products)
        segment = "" if header.last_purchase is None else scorer.ids[scorer.assign(*row)]
        if segment != header.segment or results.hashes[customer][b"segment"].decode() != segment:
            wrong.append(f"{customer}: {header.segment} instead of {segment}")
    return wrong


def test_a_model_that_is_not_the_promoted_one_leaves_the_old_one_on_and_says_so(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(PARTITIONS).send(FIRST)
        worker = deployment.worker()
        deployment.wait_done()

        deployment.say(deployment.promotion(next_model("20260101T000000Z-lost")))
        wait_for("it is not ready", lambda: worker.readyz()[0] == 503, said=worker.testimony)
        _, said = worker.readyz()
        deployment.send(SECOND)
        deployment.wait_done()

        assert "20260101T000000Z-lost" in str(said)
        assert a_model().version in str(said)
        assert {change["model_version"] for mine in deployment.changes().values() for change in mine} == {
            a_model().version
        }

        deployment.promote(next_model())
        deployment.wait_model(next_model().version)
        wait_for("it is ready", worker.is_ready, said=worker.testimony)


def test_started_beside_a_lost_model_a_worker_runs_the_partitions_of_the_one_before_and_new_ones(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(PARTITIONS).send(sent for sent in FIRST if sent.partition)
        deployment.run_to_end()
        deployment.say(deployment.promotion(next_model("20260101T000000Z-lost")))

        worker = deployment.worker()
        deployment.send(sent for sent in FIRST if not sent.partition)
        deployment.wait_done()

        assert {meta.model_version for p in range(PARTITIONS) if (meta := deployment.shown.meta(p))} == {
            a_model().version
        }
        assert "20260101T000000Z-lost" in str(worker.readyz()[1])


def test_back_to_the_model_before_and_a_promotion_for_later(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(PARTITIONS).send(FIRST)
        deployment.worker()
        deployment.wait_done()
        before = deployment.shown.clocks()
        later = max(before) + 10 * DAY_US

        deployment.promote(next_model(), is_quiet=True)
        deployment.wait_model(next_model().version)
        deployment.say(deployment.promotion(a_model(), effective_at=rfc3339(later)))
        tick(deployment, later - 1)
        models_before = [meta.model_version for p in range(PARTITIONS) if (meta := deployment.shown.meta(p))]
        tick(deployment, later)
        deployment.wait_model(a_model().version)
        moved = [change for mine in deployment.changes().values() for change in mine if change["cause"] == "model"]

    assert models_before == [next_model().version] * PARTITIONS
    assert {(change["model_version"], change["replay"]) for change in moved} == {
        (next_model().version, True),
        (a_model().version, False),
    }
    assert {change["as_of"] for change in moved if not change["replay"]} == {rfc3339(later)}


def tick(deployment: Deployment, instant: int) -> None:
    """Move every partition's clock and wait until it stands there."""
    header = [("segstream.tick", rfc3339(instant).encode())]
    deployment.send(Sent(p, None, None, header) for p in range(PARTITIONS))
    deployment.wait_done()
    assert all(clock >= instant for clock in deployment.shown.clocks())


def test_the_same_model_is_not_promoted_twice(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path) as deployment:
        deployment.create(1)
        raw = deployment.promotion(a_model())

        with pytest.raises(SegstreamError) as refused:
            promote(deployment.settings, Artefact(raw.version, raw.sha256))

    assert refused.value.code == "MODEL_LIVE"
