"""GET /model: the live model, its training and its segments."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter

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
)
from stream_app.api.parts import Here
from stream_app.api.segments import medians
from stream_app.core.errors import OutageError
from stream_app.lookup import Lookup

router = APIRouter(tags=["model"])


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
