"""The OpenAPI document: what FastAPI writes of the routes, completed by tokens and problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from stream_app.api.answers import ProblemDetails
from stream_app.api.door import OPEN

_SCHEMAS = "#/components/schemas/{model}"


def complete(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Return what makes the document, once."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    return document


def _document(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = ProblemDetails.model_json_schema(ref_template=_SCHEMAS)
    schemas |= problem.pop("$defs", {})
    schemas[ProblemDetails.__name__] = problem
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for path, methods in found["paths"].items():
        for operation in methods.values():
            if path not in OPEN:
                operation["security"] = [{"token": []}]
            _without_validation_errors(operation)
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["schemas"] = dict(sorted(schemas.items()))
    return found


def _without_validation_errors(operation: dict[str, Any]) -> None:
    """Take out FastAPI's own form of a 422: ours is a problem like any other."""
    answer = operation["responses"].get("422", {})
    content = answer.get("content", {})
    if content.get("application/json", {}).get("schema", {}).get("$ref", "").endswith("/HTTPValidationError"):
        del content["application/json"]
        if not content:
            del operation["responses"]["422"]
