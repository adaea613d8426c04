"""The answers that routes have in common, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from stream_app.api.answers import ProblemDetails
from stream_app.api.problems import PROBLEM_JSON

Documented = dict[int | str, dict[str, Any]]

_WORDS = {
    400: "The request cannot be meant.",
    401: "A token is needed, or the one given is not known.",
    403: "The token's scope is not enough.",
    404: "There is no such thing.",
    409: "It cannot be done as things are.",
    410: "What was asked for is no longer there.",
    413: "The body is too long.",
    415: "The body's type is not one of those that are read.",
    422: "Values cannot be used; `errors` says which and why.",
    429: "Too many requests; `Retry-After` says how long to wait.",
    500: "A fault of segstream.",
    501: "This needs a package that is not installed.",
    503: "Redis, Kafka or the model is away; `Retry-After` says when to try again.",
}
ALWAYS = (401, 413, 429, 500)
"""What any route that needs a token may answer."""


def problems(*statuses: int) -> Documented:
    """Return these refusals, and those that any route may give, for `responses=`."""
    return {status: _problem(status) for status in sorted({*statuses, *ALWAYS})}


def _problem(status: int) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{ProblemDetails.__name__}"}
    return {"description": _WORDS[status], "content": {PROBLEM_JSON: {"schema": schema}}}
