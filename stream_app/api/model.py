"""GET /model: the live model, its training and its segments."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from model_store.segment_model import Segment, SegmentModel
from stream_app.api.champion import Live
from stream_app.api.documented import problems
from stream_app.api.model_answers import (
    BaselineAnswer,
    CandidateAnswer,
    FateAnswer,
    ModelAnswer,
    ModelSegment,
    Promoted,
    Scatter,
    ScatterPoint,
)
from stream_app.api.parts import Here
from stream_app.api.problems import Problem
from stream_app.api.segment_customers import sample_rows
from stream_app.api.segments import medians
from stream_app.core.errors import OutageError
from stream_app.lookup import Lookup
from stream_app.settings import Settings

router = APIRouter(tags=["model"])

REPORT_FILE = "report.html"
"""As the trainer calls it."""
STORE_SECONDS = 10.0


@router.get("/model", responses=problems(503))
async def model(here: Here) -> ModelAnswer:
    """Return the live model: who promoted it, how it was chosen, and where its segments lie."""
    live = here.champion.live()
    try:
        is_switching = await here.asking.redis(_is_switching)
    except OutageError:
        is_switching = False
    refused = here.champion.refused
    return model_answer(live, here.settings.model_name, is_switching, None if refused is None else str(refused))


def _is_switching(lookup: Lookup) -> bool:
    return any(status.is_switching for status in lookup.partitions(lookup.partition_count()))


@router.get("/model/scatter", responses=problems(422, 503))
async def scatter(here: Here, limit: Annotated[int, Query(ge=1, le=5_000)] = 2_000) -> Scatter:
    """Return where a sample of the customers lies in the plane of the first two axes."""
    live = here.champion.live()
    points = await here.asking.redis(lambda lookup: _points(lookup, here.settings, live, limit))
    return Scatter(sample=len(points), points=points)


def _points(lookup: Lookup, settings: Settings, live: Live, limit: int) -> list[ScatterPoint]:
    sizes = lookup.sizes(list(live.segments), lookup.partition_count())
    total = sum(sizes.values())
    found = []
    for index, (segment_id, size) in enumerate(sizes.items()):
        most = min(size, -(-limit * size // total)) if total else 0
        rows = sample_rows(settings, lookup, segment_id, most) if most else []
        for place in live.scorer.places([index] * len(rows), rows):
            x, y = (*place.point, 0.0)[:2]
            found.append(ScatterPoint(segment=segment_id, x=x, y=y))
    return found[:limit]


@router.get(
    "/model/report",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **problems(404, 503)},
)
async def report(here: Here) -> HTMLResponse:
    """Return the page with charts and limits that the training of the live model wrote."""
    version = here.champion.live().model.version
    page = await here.asking.others(lambda: _report(here.settings, version), STORE_SECONDS)
    if page is None:
        detail = "Nothing lies beside the live model."
        hint = "`segstream train` writes a report with each model; one that was copied here may have left it behind."
        raise Problem(HTTPStatus.NOT_FOUND, "REPORT_MISSING", detail, hint)
    # The page has no script; its style stands in it.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def _report(settings: Settings, version: str) -> bytes | None:
    """Return the report of a model, or of the training that a renamed one goes back to."""
    store, seen = settings.models, set[str]()
    while version not in seen:
        seen.add(version)
        found = store.file(version, REPORT_FILE)
        before = store.peek(version).training.get("renamed_from")
        if found is not None or before is None:
            return found
        version = str(before)
    return None


def model_answer(live: Live, name: str, is_switching: bool, refused: str | None) -> ModelAnswer:
    """Return the live model as people and programs read it."""
    model = live.model
    said = live.promotion
    return ModelAnswer(
        version=model.version,
        name=name,
        promoted=Promoted(by=said.by, at=said.at, why=said.why, is_rollback=said.is_rollback),
        trained=model.training,
        k=len(model.segments),
        window_days=model.window_days,
        segments=[_segment(segment) for segment in model.segments],
        candidates=[CandidateAnswer(**msgspec.to_builtins(candidate)) for candidate in model.candidates],
        centroids=[list(row) for row in model.centroids],
        explained_variance=_explained(model),
        baseline=_baseline(model),
        lineage=[FateAnswer(**msgspec.to_builtins(fate)) for fate in model.lineage],
        switching=is_switching,
        refused=refused,
    )


def _segment(segment: Segment) -> ModelSegment:
    return ModelSegment(
        id=segment.id,
        name=segment.name,
        description=segment.description,
        action=segment.action,
        profile=medians(segment),
        share=segment.profile.share,
        buys_again=segment.buys_again,
    )


def _baseline(model: SegmentModel) -> BaselineAnswer | None:
    found = model.baseline
    return None if found is None else BaselineAnswer(**msgspec.to_builtins(found))


def _explained(model: SegmentModel) -> list[float] | None:
    """Return the part of the variance that each axis shows, if the training noted it."""
    shares = [model.training.get(f"explained_variance_{axis + 1}") for axis in range(len(model.pca_components))]
    return [float(share) for share in shares if isinstance(share, float)] or None
