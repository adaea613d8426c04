"""Whatever is asked, the API answers what its OpenAPI document says, and never with a fault of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from stream_app.api.tokens import Scope, new_token
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.api_process import ApiProcess
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.shop import a_log

ADMIN, ENTRY = new_token(Scope.ADMIN)
EXAMPLES = 2_000 if os.environ.get("SEGSTREAM_PROVE") else 8
"""For each route."""
ENDLESS = "/changes"
SECRET = "a secret of 32 characters or more"  # noqa: S105
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture(scope="module")
def api(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    folder = tmp_path_factory.mktemp("contract")
    with Deployment(kafka, valkey, folder, erasure_key=SECRET) as deployment:
        deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=300, customers=40)[:250])
        deployment.worker()
        deployment.wait_done()
        with ApiProcess(deployment, api_tokens=ENTRY) as api:
            yield api.ready(f"Bearer {ADMIN}")


def test_no_request_meets_a_fault_or_an_answer_that_is_not_documented(api: ApiProcess) -> None:
    schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{api.port}/openapi.json")
    asked, wrong = 0, []

    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.path == ENDLESS:
            continue
        asked += 1

        @seed(7)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=st.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        ))  # fmt: skip
        def fits(case: schemathesis.Case) -> None:
            case.call_and_validate(headers={"Authorization": f"Bearer {ADMIN}"}, checks=CHECKS, timeout=30)

        try:
            fits()
        except BaseExceptionGroup as failures:
            wrong += [f"{operation.label}: {failure}" for failure in failures.exceptions]

    assert wrong == []
    assert asked >= 20
    assert "Traceback" not in api.said()
