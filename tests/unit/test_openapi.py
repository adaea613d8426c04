"""The OpenAPI document that is committed is the one that the API serves, and every route says what it may answer."""

from __future__ import annotations

import json

from handbook.openapi import OPENAPI, openapi_json
from stream_app.api.door import OPEN

DOCUMENT = json.loads(openapi_json())
OPERATIONS = {
    (method, path): operation for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
}


def test_the_committed_document_is_up_to_date() -> None:
    assert OPENAPI.read_text(encoding="utf-8") == openapi_json(), "run: make docs"


def test_every_refusal_is_a_problem() -> None:
    for name, operation in OPERATIONS.items():
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], (name, status)


def test_all_but_the_open_routes_ask_for_a_token() -> None:
    asking = {path for (_, path), operation in OPERATIONS.items() if operation.get("security") == [{"token": []}]}

    assert asking == set(DOCUMENT["paths"]) - OPEN


def test_only_what_changes_the_deployment_needs_an_admin() -> None:
    found = {path for (_, path), operation in OPERATIONS.items() if "403" in operation["responses"]}

    assert found == {"/customers/{customer_id}", "/models/{version}/promote", "/models/rollback"}
