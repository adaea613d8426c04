"""The API while Redis or Kafka is away: an answer or a refusal in two seconds, and what needs neither goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from tests.integration.api_process import GOOD, ApiProcess, Said
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for

NEED_REDIS = ("/customers/C1", "/customers/C1/explain", "/segments", "/segments/s1/customers", "/activity", "/readyz")
NEED_REDIS += ("/migrations?from=2023-01-01&to=2023-01-02", "/model/scatter", "/models/latest/preview")
LONGEST = 2.5
"""Two seconds, and half of one for a machine that runs other tests."""


@pytest.fixture(scope="module")
def deployment(kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A deployment with a Valkey of its own, to be stopped."""
    folder = tmp_path_factory.mktemp("outages")
    with LocalRedis(tmp_path_factory.mktemp("own")) as valkey, Deployment(kafka, valkey, folder) as deployment:
        deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=200, customers=40)[:150])
        deployment.run_to_end()
        yield deployment


def timed(api: ApiProcess, path: str) -> tuple[Said, float]:
    began = time.monotonic()
    said = api.get(path)
    return said, time.monotonic() - began


def refused_in_time(api: ApiProcess, paths: tuple[str, ...]) -> None:
    for path in paths:
        said, seconds = timed(api, path)
        assert said.status == 503, (path, said)
        assert said.json["code"] in {"REDIS_AWAY", "KAFKA_AWAY", "NO_ANSWER", "NOT_READY"}, path
        assert "retry-after" in said.headers, path
        assert seconds < LONGEST, (path, seconds)


def goes_on(api: ApiProcess) -> None:
    assert api.post("/predict", GOOD).status == 200
    assert api.get("/healthz").status == 200


def test_a_redis_that_hangs_is_refused_in_time_and_found_again(deployment: Deployment) -> None:
    with ApiProcess(deployment) as api:
        api.ready()
        assert api.get("/segments").status == 200
        deployment.valkey.suspend()
        try:
            wait_for("shared figures are old", lambda: api.get("/segments").status == 503)
            refused_in_time(api, NEED_REDIS)
            goes_on(api)
            assert api.get("/model").status == 200
        finally:
            deployment.valkey.resume()
        wait_for("Redis is found again", lambda: api.get("/readyz").status == 200)
        assert api.get("/segments").status == 200


def test_a_redis_that_is_not_there_is_refused_in_time(deployment: Deployment) -> None:
    nowhere = f"redis://127.0.0.1:{free_ports(1)[0]}/0"
    with ApiProcess(deployment, redis_url=nowhere) as api:
        api.ready()
        refused_in_time(api, NEED_REDIS)
        goes_on(api)


def test_a_kafka_that_is_not_there_is_refused_in_time(deployment: Deployment) -> None:
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    with ApiProcess(deployment, kafka_bootstrap_servers=nowhere) as api:
        refused_in_time(api, ("/changes", "/changes/recent", "/readyz", "/models/latest/preview"))
        assert api.post("/predict", GOOD).json["code"] == "MODEL_UNKNOWN"
        assert api.get("/activity").json["lag"] is None
        assert api.get("/customers/C1").status in (200, 404)
