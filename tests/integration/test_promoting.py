"""An operator looks at a candidate, promotes it past the gate or by force, and takes it back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from model_store.drift import baseline_of
from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from stream_app.candidate.population import read_population
from stream_app.core.instants import DAY_US
from stream_app.core.state_record import read_header
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.builders import A_CENTROID_SET, a_model
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for


def shifted(version: str, by: float) -> SegmentModel:
    return a_model(version=version, centroids=tuple(tuple(axis + by for axis in row) for row in A_CENTROID_SET))


GENTLE, HARSH = shifted("20260102T000000Z-gentle", 0.05), shifted("20260103T000000Z-harsh", 1.4)


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("promoting"), gate_max_moved_share=0.3) as deployment:
        deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=900, customers=120)[:800])
        deployment.worker()
        deployment.wait_done()
        for model in (GENTLE, HARSH):
            deployment.settings.models.publish(model)
        yield deployment


def by_hand(deployment: Deployment, model: SegmentModel) -> Counter[tuple[str, str]]:
    """Count the moves to a model from the states of the changelog."""
    scorer, clocks = Scorer(model), deployment.shown.clocks()
    found: Counter[tuple[str, str]] = Counter()
    for partition, clock in enumerate(clocks):
        for customer in deployment.redis.zrange(deployment.shown.key("due", partition), 0, -1):
            key = f"{deployment.settings.redis_prefix}customer:{customer.decode()}"
            header = read_header(deployment.redis.hget(key, "state"))
            if header.segment and header.last_purchase is not None:
                days = (clock - header.last_purchase) // DAY_US
                to = scorer.assign(days, header.frequency, header.monetary, header.unique_products)
                found[header.segment, scorer.ids[to]] += 1
    return found


@pytest.mark.long
def test_an_operators_way_with_a_candidate(deployment: Deployment) -> None:
    terminal = deployment.terminal()

    seen = json.loads(terminal.ok("models", "preview", HARSH.version, "--json"))
    assert {(step["from"], step["to"]): step["customers"] for step in seen["migrations"]} == by_hand(deployment, HARSH)
    assert seen["objections"]

    refused = terminal.run("models", "promote", "20260103")
    assert refused.returncode == 1
    assert "MODEL_GATED" in refused.stderr
    assert "--force" in refused.stderr
    assert terminal.run("models", "promote", "20260103", "--force").returncode == 2

    terminal.ok("models", "promote", "20260102", "--why", "the monthly one")
    deployment.wait_model(GENTLE.version)
    terminal.ok("models", "promote", "20260103", "--force", "--why", "the shop sells other things now")
    deployment.wait_model(HARSH.version)
    terminal.ok("models", "rollback", "--why", "too many left")
    deployment.wait_model(GENTLE.version)

    said = terminal.ok("models", "preview", "20260103")
    assert f"{HARSH.version} beside {GENTLE.version}, which is live" in said
    assert "would move" in said


def test_a_model_of_these_very_customers_does_not_drift(deployment: Deployment) -> None:
    members = list(read_population(deployment.settings))
    columns = [[float(member.row[at]) / (10_000 if at == 2 else 1) for member in members] for at in range(4)]
    fresh = replace(a_model(), version="20260105T000000Z-fresh", baseline=baseline_of(columns))
    deployment.promote(fresh)
    deployment.wait_model(fresh.version)

    said = json.loads(deployment.terminal().ok("drift", "--json"))

    features = {name: index for name, index in said["psi"].items() if name != "segments"}
    assert said["customers"] == len(members)
    assert features == {"recency_days": 0.0, "frequency": 0.0, "monetary": 0.0, "unique_products": 0.0}
    worker = deployment.workers[0]
    shown = wait_for("the worker has counted", lambda: drift_of(worker.metrics(), fresh.version))
    assert shown == said["psi"]


def drift_of(metrics: str, version: str) -> dict[str, float]:
    found = re.findall(rf'^segstream_drift_psi{{feature="(\w+)",version="{version}"}} (\S+)$', metrics, re.MULTILINE)
    return {feature: float(index) for feature, index in found} if len(found) == 5 else {}


def test_there_is_nothing_to_go_back_to_at_first(deployment: Deployment) -> None:
    refused = deployment.terminal().run("models", "rollback")

    assert refused.returncode == 1
    assert "MODEL_BEFORE" in refused.stderr


def test_a_candidate_that_changes_only_words_passes(deployment: Deployment) -> None:
    other_words = replace(a_model(), version="20260104T000000Z-words")
    deployment.settings.models.publish(other_words)

    done = deployment.terminal().run("models", "promote", other_words.version)

    assert done.returncode == 0, done.stderr
    assert "0.0% of" in done.stderr
