"""The application: its routes, how failures are answered, and its OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from model_store.errors import ModelRefused
from stream_app.api import (
    activity,
    batch,
    changes,
    customers,
    erasures,
    health,
    migrations,
    model,
    models,
    predict,
    segment_customers,
    segments,
)
from stream_app.api.document import complete
from stream_app.api.parts import Parts
from stream_app.api.problems import Fault, Problem, answer_of, bad_values, problem_of, shown
from stream_app.core.errors import SegstreamError

ROUTERS = (
    predict, batch, customers, erasures, segments, segment_customers, migrations, changes, model, models, activity,
    health,
)  # fmt: skip
ABOUT = """\
Who is in which segment, why, and what moves them next. Money is in currency units, times are RFC 3339 in UTC.
Refusals are `application/problem+json` with a `code` for programs and a `hint` for people.
"""


def create_app(parts: Parts | None) -> FastAPI:
    """Return the application on these parts; it starts and stops them. Without parts it can only be described."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        if parts is not None:
            parts.start()
        yield
        if parts is not None:
            await asyncio.to_thread(parts.stop)

    app = FastAPI(
        title="segstream", version=version("segstream"), description=ABOUT, lifespan=lifespan, redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    app.state.parts = parts
    app.get("/", include_in_schema=False)(_home)
    for module in ROUTERS:
        app.include_router(module.router)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_exception_handler(RequestValidationError, _refuse_values)
    for kind in (SegstreamError, ModelRefused, Exception):
        app.add_exception_handler(kind, _refuse)
    app.openapi = complete(app)  # type: ignore[method-assign]
    return app


async def _home(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


async def _refuse(_: Request, error: Exception) -> Response:
    return answer_of(problem_of(error))


async def _refuse_http(request: Request, error: Exception) -> Response:
    if isinstance(error, Problem):
        return answer_of(error)
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        problem = Problem(404, "NO_ROUTE", "There is nothing at this address.", "GET /docs lists what there is.")
    elif error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        problem = Problem(405, "METHOD", f"{request.method} is not what this address takes.", headers=error.headers)
    else:
        problem = Problem(error.status_code, "BAD_REQUEST", str(error.detail), headers=error.headers)
    return answer_of(problem)


async def _refuse_values(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer_of(bad_values([_fault(found) for found in error.errors()]))


def _fault(found: dict[str, Any]) -> Fault:
    where, *inside = map(str, found["loc"])
    return Fault(".".join(inside) or where, shown(found.get("input")), found["msg"])
