"""The API of a running deployment: predictions, customers, segments, models, tokens and limits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from model_store.segment_model import SegmentModel
from stream_app.api.tokens import Scope, new_token
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.builders import a_model
from tests.integration.api_process import GOOD, ApiProcess
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for

NAMES = list(GOOD)
(READER, READ_ENTRY), (ADMIN, ADMIN_ENTRY) = new_token(Scope.READ), new_token(Scope.ADMIN)


def some_customers(rows: int, seed: int) -> np.ndarray[Any, Any]:
    """Return rows of R, F, M (to the cent), U, spread as a shop's are."""
    dice = np.random.default_rng(seed)
    columns = (
        dice.integers(0, 400, rows),
        1 + dice.geometric(0.2, rows),
        np.exp(dice.normal(5.5, 1.4, rows)).round(2),
        1 + np.exp(dice.normal(3, 1, rows)).astype(int),
    )
    return np.stack(columns, axis=1)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    """A pipeline as the trainer fits it: log, scale, PCA, K-Means."""
    steps = (FunctionTransformer(np.log1p), StandardScaler(), PCA(2), KMeans(5, n_init=3, random_state=1))
    return make_pipeline(*steps).fit(some_customers(3_000, seed=1))


@pytest.fixture(scope="module")
def model(pipeline: Pipeline) -> SegmentModel:
    """The same pipeline as a model."""
    _, scaler, pca, kmeans = (step for _, step in pipeline.steps)
    return a_model(
        scaler_mean=tuple(scaler.mean_.tolist()),
        scaler_scale=tuple(scaler.scale_.tolist()),
        pca_mean=tuple(pca.mean_.tolist()),
        pca_components=tuple(map(tuple, pca.components_.tolist())),
        centroids=tuple(map(tuple, kmeans.cluster_centers_.tolist())),
    )


@pytest.fixture(scope="module")
def deployment(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory, model: SegmentModel
) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path_factory.mktemp("api")) as deployment:
        deployment.create(PARTITIONS, model).send(a_log(PARTITIONS, orders=900, customers=120)[:800])
        deployment.run_to_end()
        yield deployment


@pytest.fixture(scope="module")
def api(deployment: Deployment) -> Iterator[ApiProcess]:
    tokens = f"{READ_ENTRY},{ADMIN_ENTRY}"
    with ApiProcess(deployment, api_tokens=tokens, api_allow_anonymous=True) as api:
        yield api.ready()


def test_a_thousand_predictions_are_those_of_scikit_learn(api: ApiProcess, pipeline: Pipeline) -> None:
    rows = some_customers(1_000, seed=2)
    bodies = [dict(zip(NAMES, row, strict=True)) for row in rows.tolist()]

    alone = [api.post("/predict", body).json for body in bodies]
    together = api.post("/predict/batch", bodies).json["results"]

    wanted = [f"s{label + 1}" for label in pipeline.predict(rows).tolist()]
    assert [answer["segment"]["id"] for answer in alone] == wanted
    assert [[answer["margin"], answer["point"], answer["distances"][0]["distance"]] for answer in alone] == [
        [row["margin"], row["point"], row["distance"]] for row in together
    ]
    distances = np.sort(pipeline.transform(rows), axis=1)
    got = np.array([[each["distance"] for each in answer["distances"]] for answer in alone])
    assert np.abs(got - distances).max() < 1e-5


def test_a_customer_is_shown_as_the_worker_knows_them(deployment: Deployment, api: ApiProcess) -> None:
    changes = deployment.changes()
    assert len(changes) > 50

    for customer, steps in changes.items():
        got = api.get(f"/customers/{customer}").json
        last = steps[-1]
        assert got["segment"] == last["to"]
        assert got["sequence"] == last["sequence"]
        assert got["standing"] == ("scored" if last["to"] else "lapsed")
        assert got["history"][0]["cause"] == last["cause"]
        assert [step["from"] and step["from"]["id"] for step in got["history"]] == [
            step["from"] and step["from"]["id"] for step in steps[::-1][:20]
        ]


def test_an_explanation_sums_exactly_and_its_segment_is_the_customers(deployment: Deployment, api: ApiProcess) -> None:
    kinds: Counter[str] = Counter()
    for customer, steps in deployment.changes().items():
        said = api.get(f"/customers/{customer}/explain")
        if steps[-1]["to"] is None:
            assert (said.status, said.json["code"]) == (404, "CUSTOMER_LAPSED")
            continue
        got = json.loads(said.body, parse_float=Decimal)
        assert sum(part["contribution"] for part in got["contributions"]) + got["constant"] == got["gap"] >= 0
        assert got["segment"] == steps[-1]["to"] != got["rival"]
        assert all(step["to"] != got["segment"] for step in got["steps"])
        kinds.update(step["kind"] for step in got["steps"])
    assert set(kinds) == {"order", "new_products", "spend", "quiet"}


def test_an_unknown_customer_is_told_from_a_lapsed_one(api: ApiProcess) -> None:
    said = api.get("/customers/nobody")

    assert (said.status, said.json["code"]) == (404, "CUSTOMER_UNKNOWN")
    assert said.headers["content-type"] == "application/problem+json"


def test_pages_hold_every_customer_of_a_segment_once(deployment: Deployment, api: ApiProcess) -> None:
    wanted: dict[str, set[str]] = {}
    for customer, steps in deployment.changes().items():
        if steps[-1]["to"] is not None:
            wanted.setdefault(steps[-1]["to"]["id"], set()).add(customer)

    segments = api.get("/segments").json
    for segment in segments["segments"]:
        pages, cursor = [], ""
        while cursor is not None:
            page = api.get(f"/segments/{segment['id']}/customers?limit=7&cursor={cursor}").json
            pages += [each["customer_id"] for each in page["customers"]]
            cursor = page["cursor"]
        assert len(pages) == len(set(pages)) == segment["customers"]
        assert set(pages) == wanted.get(segment["id"], set())
    assert segments["customers"] == sum(map(len, wanted.values()))
    assert api.get("/segments/s9/customers").json["code"] == "SEGMENT_UNKNOWN"
    assert api.get("/segments/s1/customers?cursor=WzFd").json["code"] == "BAD_VALUES"


def test_revenue_is_what_the_customers_spent(api: ApiProcess) -> None:
    for segment in api.get("/segments").json["segments"]:
        page = api.get(f"/segments/{segment['id']}/customers?limit=1000").json
        assert segment["revenue"] == pytest.approx(sum(each["monetary"] for each in page["customers"]))


def test_migrations_are_those_of_the_changes(deployment: Deployment, api: ApiProcess) -> None:
    steps = [step for chain in deployment.changes().values() for step in chain]
    wanted = Counter(((step["from"] or {}).get("id"), (step["to"] or {}).get("id"), step["cause"]) for step in steps)

    got = api.get("/migrations?from=2021-06-01&to=2023-12-31").json["migrations"]

    assert {
        ((one["from"] or {}).get("id"), (one["to"] or {}).get("id"), one["cause"]): one["customers"] for one in got
    } == wanted
    assert api.get("/migrations?from=2023-02-01&to=2023-01-01").status == 422


def test_csv_comes_back_with_columns_added(api: ApiProcess) -> None:
    body = "id,Recency,Frequency,Monetary,Unique_Products\nanna,15,50,1200.5,10\n"

    said = api.post("/predict/batch", body.encode(), content_type="text/csv", accept="text/csv")

    header, row = said.body.decode().splitlines()
    assert header.startswith("id,Recency,Frequency,Monetary,Unique_Products,segment_id,segment_name,margin")
    assert row.startswith(f"anna,15,50,1200.5,10,{api.post('/predict', GOOD).json['segment']['id']},")


def test_tokens_open_what_they_are_for(deployment: Deployment, api: ApiProcess) -> None:
    body = {"why": "a test"}
    path = "/models/nothing/promote"

    said = [api.post(path, body), api.post(path, body, authorization=f"Bearer {READER}")]

    assert [(one.status, "www-authenticate" in one.headers) for one in said] == [(401, True), (403, True)]
    assert api.post(path, body, authorization=f"Bearer {ADMIN}").json["code"] == "MODEL_MISSING"
    assert api.get("/segments", authorization="Bearer wrong").status == 401
    with ApiProcess(deployment, api_tokens=READ_ENTRY) as closed:
        assert [closed.get(path).status for path in ("/segments", "/changes", "/healthz", "/metrics")] == [
            401, 401, 200, 200,
        ]  # fmt: skip
        assert closed.get("/activity", authorization=f"Bearer {READER}").status == 200


def test_too_much_is_refused(deployment: Deployment) -> None:
    with ApiProcess(deployment, api_requests_per_second=5, api_max_body_bytes=1_000) as api:
        long = api.post("/predict", b"[" + b" " * 2_000 + b"]")
        said = [api.get("/healthz").status for _ in range(60)]
        refused = api.get("/healthz")

        assert (long.status, long.json["code"]) == (413, "BODY_TOO_LONG")
        assert 429 in said
        if refused.status == 429:
            assert int(refused.headers["retry-after"]) >= 1


def test_the_api_follows_promotions_and_keeps_the_model_that_it_can_load(
    deployment: Deployment, api: ApiProcess, model: SegmentModel
) -> None:
    newer = replace(model, version="20260101T000000Z-newer")
    lost = replace(model, version="20260102T000000Z-lost")

    said = api.get("/model").json
    assert (said["version"], said["k"], said["promoted"]["by"]) == (model.version, 5, "test")
    deployment.settings.models.publish(newer)
    body = {"why": "a test", "force": True}
    assert api.post(f"/models/{newer.version}/promote", body, authorization=f"Bearer {ADMIN}").status == 200
    wait_for("the newer one answers", lambda: api.post("/predict", GOOD).json["model_version"] == newer.version)
    assert api.get("/model").json["promoted"] == {
        "by": "api", "at": api.get("/model").json["promoted"]["at"], "why": "a test", "is_rollback": False,
    }  # fmt: skip

    deployment.say(deployment.promotion(lost))
    wait_for("the lost one is told of", lambda: api.get("/model").json["refused"])
    ready = api.get("/readyz")
    assert (ready.status, ready.json["code"]) == (503, "NOT_READY")
    assert lost.version in ready.json["detail"]
    assert api.post("/predict", GOOD).json["model_version"] == newer.version

    deployment.settings.models.publish(lost)
    wait_for("the lost one answers", lambda: api.post("/predict", GOOD).json["model_version"] == lost.version)
    assert api.get("/model").json["refused"] is None


def test_no_customer_is_in_logs_or_metrics(deployment: Deployment, api: ApiProcess) -> None:
    customer = next(iter(deployment.changes()))
    api.get(f"/customers/{customer}")
    api.get("/customers/somebody-unknown")

    metrics = api.get("/metrics").body.decode()

    for text in (metrics, api.said()):
        assert f'"{customer}"' not in text
        assert f"/{customer}" not in text
        assert "somebody-unknown" not in text
    assert 'handler="/customers/{customer_id:path}",' in metrics


def test_the_command_refuses_to_serve_strangers(deployment: Deployment) -> None:
    done = deployment.terminal().run("api", "--host", "0.0.0.0", "--port", "0")  # noqa: S104  it is the subject

    assert done.returncode == 2
    assert "API_OPEN" in done.stderr
