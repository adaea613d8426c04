"""/healthz, /readyz and /metrics: for those who watch the process."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from stream_app.api.answers import Healthy, Readiness
from stream_app.api.documented import problems
from stream_app.api.parts import Here, Parts
from stream_app.api.problems import Problem, problem_of
from stream_app.core.errors import SegstreamError
from stream_app.metrics import REGISTRY

router = APIRouter(tags=["health"])

OK = "ok"


@router.get("/healthz")
async def healthz() -> Healthy:
    """Say that the process lives."""
    return Healthy()


@router.get("/readyz", responses={503: problems(503)[503]})
async def readyz(here: Here) -> Readiness:
    """Say whether Redis, Kafka and the model are at hand; 503 with the reasons when one is not."""
    redis, kafka = await asyncio.gather(_redis(here), _kafka(here))
    champion = here.champion
    live, refused = champion.current, champion.refused
    model = champion.absence().detail if live is None else OK
    if live is not None and refused is not None:
        model = f"{live.model.version} goes on: {refused.cause}"
    found = {"Redis": redis, "Kafka": kafka, "Model": model}
    reasons = [f"{name}: {problem}" for name, problem in found.items() if problem != OK]
    if reasons or live is None:
        hint = "`segstream doctor` says what is wrong."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "NOT_READY", "; ".join(reasons), hint)
    return Readiness(ready=True, redis=redis, kafka=kafka, model=model, model_version=live.model.version)


async def _redis(here: Parts) -> str:
    try:
        await here.asking.redis(lambda lookup: lookup.partition_count())
    except (Problem, SegstreamError) as error:
        return f"{problem_of(error).detail}"
    return OK


async def _kafka(here: Parts) -> str:
    try:
        return await here.asking.others(here.ends.problem) or OK
    except Problem as problem:
        return str(problem.detail)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(request: Request) -> Response:
    """Return the metrics in the format that Prometheus asks for."""
    encoder, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encoder(REGISTRY), media_type=content_type)
