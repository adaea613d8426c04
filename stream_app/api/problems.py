"""Every refusal as problem+json (RFC 9457): what happened, what mends it, and a code for programs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response

from model_store.errors import ModelRefused
from stream_app.core.errors import OutageError, SegstreamError, StopError, UsageError

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 2
SHOWN = 80
"""A value is shown so far: whoever sent it knows the rest."""


class Fault(msgspec.Struct, frozen=True):
    """One value that cannot be used, and why."""

    field: str
    value: str
    message: str


class Problem(HTTPException):
    """An answer that is a refusal."""

    headers: dict[str, str]

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        hint: str = "",
        *,
        faults: list[Fault] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.status = status
        self.code = code
        self.hint = hint
        self.faults = faults
        if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
            self.headers.setdefault("Retry-After", str(RETRY_SECONDS))


def shown(value: object) -> str:
    """Return a value as a refusal repeats it.

    >>> shown("x" * 100)[-3:], shown(None)
    ('xx…', 'null')
    """
    text = value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=repr).decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def bad_values(faults: list[Fault]) -> Problem:
    """Return the refusal of values that cannot be used."""
    first = faults[0]
    more = "" if len(faults) == 1 else f", and {len(faults) - 1} more"
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "BAD_VALUES",
        f"{first.field}: {first.message}{more}.",
        "Mend the fields under `errors` and send it again.",
        faults=faults,
    )


def problem_of(error: Exception) -> Problem:
    """Return what a failure of ours is to a client."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, OutageError | StopError):
        # What Kafka or Redis denies, an administrator mends: the command is no client's affair.
        mend = error.mend if isinstance(error, OutageError) else "`segstream doctor` says what is wrong."
        return Problem(HTTPStatus.SERVICE_UNAVAILABLE, error.code, error.cause, mend)
    if isinstance(error, ModelRefused):
        is_missing = error.code == "MODEL_MISSING"
        status = HTTPStatus.NOT_FOUND if is_missing else HTTPStatus.SERVICE_UNAVAILABLE
        return Problem(status, error.code, error.cause, error.mend)
    if isinstance(error, UsageError):
        return Problem(HTTPStatus.BAD_REQUEST, error.code or "BAD_REQUEST", error.cause, error.mend)
    if isinstance(error, SegstreamError):
        return Problem(HTTPStatus.CONFLICT, error.code, error.cause, error.mend)
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "This was not foreseen: a fault of segstream.",
        "The log of the API has the traceback.",
    )


def body_of(problem: Problem) -> dict[str, object]:
    """Return the members of the problem document."""
    found: dict[str, object] = {
        "type": f"urn:segstream:problem:{problem.code.lower().replace('_', '-')}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "hint": problem.hint,
        "code": problem.code,
    }
    if problem.faults is not None:
        found["errors"] = problem.faults
    return found


def answer_of(problem: Problem) -> Response:
    """Return the HTTP answer."""
    raw = msgspec.json.encode(body_of(problem))
    return Response(raw, problem.status, headers=problem.headers, media_type=PROBLEM_JSON)
