"""`segstream train --from-topic` learns from what the worker keeps: the same customers, the same numbers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from model_store.segment_model import SegmentModel
from model_store.signature import PublicKey
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.features import Features
from stream_app.core.instants import DAY_US, parse_instant, rfc3339
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.orders_log import OrdersLog
from tests.integration.deployment import Deployment
from tests.integration.shop import BEGINNING, LENGTH, a_log
from tests.integration.terminal import Terminal, clean_environment
from tests.key_files import a_key
from trainer.features import features
from trainer.topic_history import TopicHistory

TICKED = BEGINNING + LENGTH + LENGTH // 4
"""The log's last tick: every partition's clock stands there."""


@pytest.fixture(scope="module")
def streamed(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A shop's two and a half years with a tenth late, repeated, corrected, returned or bad, through a worker."""
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("topic"), window_days=365) as deployment:
        deployment.create(partitions=4)
        deployment.send(a_log(4, orders=6_000, customers=400))
        worker = deployment.worker()
        deployment.wait_done(120)
        assert worker.terminate() == 0, worker.said()
        yield deployment


def in_redis(deployment: Deployment) -> dict[str, Features]:
    found = {}
    for customer_id, fields in deployment.results().hashes.items():
        if fields[b"recency_at"]:
            recency_at = parse_instant(fields[b"recency_at"].decode())
            assert recency_at is not None
            found[customer_id] = Features(
                (TICKED - recency_at) // DAY_US,
                int(fields[b"frequency"]),
                round(float(fields[b"monetary"]) * MONEY_SCALE),
                int(fields[b"unique_products"]),
            )
    return found


def train(deployment: Deployment, *flags: str, **settings_too: str) -> subprocess.CompletedProcess[str]:
    settings = deployment.settings
    environment = clean_environment() | {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "SEGSTREAM_TOPIC_PREFIX": settings.topic_prefix,
        "SEGSTREAM_MODEL_URI": settings.model_uri,
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "SEGSTREAM_REDIS_PREFIX": settings.redis_prefix,
        **settings_too,
    }
    terminal = Terminal(deployment.folder, environment)
    return terminal.run("train", "--from-topic", "--k", "4", "--json", *flags, seconds=120)


@pytest.mark.timeout(300)
def test_the_features_of_the_topic_are_those_that_redis_shows(streamed: Deployment) -> None:
    log = OrdersLog(streamed.settings)

    topic = TopicHistory(log, streamed.settings.rules(log.partitions))

    rows = features(topic, as_of_us=TICKED, window_us=365 * DAY_US)
    found = {name: Features(*row) for name, *row in rows}
    expected = in_redis(streamed)
    assert topic.as_of_us == TICKED
    assert {name: (row, expected.get(name)) for name, row in found.items() if expected.get(name) != row} == {}
    assert found.keys() == expected.keys()
    assert len(found) > 150


@pytest.mark.timeout(300)
def test_a_model_of_the_topic_is_published_and_a_worker_takes_it(streamed: Deployment) -> None:
    done = train(streamed, "--as-of", rfc3339(BEGINNING + LENGTH))

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    reasons = {each["reason"]: each["lines"] for each in told["read"]["skipped"]}
    assert {"NOT_JSON", "ID_CONFLICT", "duplicate"} <= reasons.keys()
    assert told["training"]["format"] == "topic"
    assert told["training"]["as_of"].startswith(rfc3339(BEGINNING + LENGTH)[:10])
    assert "trial_day" in told["training"]
    model: SegmentModel = streamed.settings.models.peek(told["model"])
    streamed.say(streamed.promotion(model))
    with_new_model = streamed.worker()
    streamed.wait_model(told["model"])
    assert with_new_model.terminate() == 0
    assert {fields[b"model_version"].decode() for fields in streamed.results().hashes.values()} == {told["model"]}


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_model_of_the_topic_is_signed_before_it_is_promoted(streamed: Deployment, tmp_path: Path) -> None:
    private, public = a_key(tmp_path)

    any_model = {"SEGSTREAM_GATE_MAX_SILHOUETTE_DROP": "2", "SEGSTREAM_GATE_MIN_ARI": "-1"}

    done = train(streamed, "--sign-with", str(private), "--promote", SEGSTREAM_GATE_MAX_MOVED_SHARE="1", **any_model)

    assert done.returncode == 0, done.stderr
    version = json.loads(done.stdout)["model"]
    checking = replace(streamed.settings.models, public_key=public)
    assert checking.load(version, checking.artefact(version).sha256).version == version
    signed, live = f"{version} is signed by the key {PublicKey(public).id}", "It is live."
    assert done.stderr.index(signed) < done.stderr.index(live)


def test_what_belongs_to_a_file_is_refused(streamed: Deployment) -> None:
    done = train(streamed, "--format", "online-retail")

    assert done.returncode == 2
    assert "--format belongs to a file" in done.stderr


def test_without_a_topic_there_is_a_sentence(streamed: Deployment) -> None:
    settings = streamed.settings.model_copy(update={"topic_prefix": "nobody-has."})

    with pytest.raises(Exception, match=r"has no topic nobody-has\.orders\.v1"):
        OrdersLog(settings)
