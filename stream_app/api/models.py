"""GET /models and what follows: the published models, what one would do, and which one is to be live."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from model_store.segment_model import SegmentModel
from stream_app.api.documented import problems
from stream_app.api.door import needs_admin
from stream_app.api.model_answers import (
    Models,
    PreviewAnswer,
    PreviewMove,
    PreviewSize,
    PromoteBody,
    PromotedAnswer,
    PublishedModel,
    RollbackBody,
)
from stream_app.api.parts import Here, Parts
from stream_app.api.problems import Problem
from stream_app.catalogue import Entry, Live, entries, version_called
from stream_app.contract.control import Promotion
from stream_app.contract.segment_change import SegmentName
from stream_app.core.errors import UsageError
from stream_app.settings import Settings

router = APIRouter(tags=["model"])

STORE_SECONDS = 10.0
BY = "api"

Version = Annotated[str, Path(min_length=1, max_length=128, description="Its name or a beginning of it, or `latest`.")]


async def admin(request: Request) -> None:
    """Let only admins pass."""
    needs_admin(request.scope)


Admin = [Depends(admin)]


@router.get("/models", responses=problems(503))
async def models(here: Here) -> Models:
    """Return the published models, the newest first, and which is live."""
    live = here.champion.current
    champion = None if live is None else live.model.version
    found = await here.asking.others(lambda: entries(here.settings, Live(champion)), STORE_SECONDS)
    return Models(champion=champion, models=[_published(entry) for entry in found])


@router.get("/models/{version}/preview", responses=problems(404, 409, 422, 501, 503))
async def preview(version: Version, here: Here) -> PreviewAnswer:
    """Score today's customers with a model that is not live, and return who would move."""
    await all_answer(here)
    live = _live(here)
    return await here.asking.long(lambda _: _preview(here.settings, version, live))


@router.post("/models/{version}/promote", dependencies=Admin, responses=problems(400, 403, 404, 409, 422, 501, 503))
async def promote(version: Version, body: PromoteBody, here: Here) -> PromotedAnswer:
    """Make a model the live one; refused when it changes too much, unless `force` and `why` are given."""
    await all_answer(here)
    found = await here.asking.long(lambda _: _promote(here.settings, version, body))
    return PromotedAnswer(version=found, is_rollback=False)


@router.post("/models/rollback", dependencies=Admin, responses=problems(400, 403, 404, 409, 422, 503))
async def rollback(body: RollbackBody, here: Here) -> PromotedAnswer:
    """Make the model live again that was live before; no gate is asked."""
    await all_answer(here)
    found = await here.asking.long(lambda _: _rollback(here.settings, body))
    return PromotedAnswer(version=found, is_rollback=True)


async def all_answer(here: Parts) -> None:
    """Raise OutageError or Problem at once when Redis or Kafka is away: what follows would wait for them for long."""
    await here.asking.redis(lambda lookup: lookup.partition_count())
    kafka = await here.asking.others(here.ends.problem)
    if kafka:
        detail = f"Kafka at {here.settings.kafka_bootstrap_servers} {kafka}."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "KAFKA_AWAY", detail, "Ask `segstream doctor`.")


def _published(entry: Entry) -> PublishedModel:
    return PublishedModel(
        version=entry.version,
        trained_at=entry.trained_at or None,
        k=entry.segments,
        customers=entry.customers,
        silhouette=entry.silhouette,
        renamed_from=entry.renamed_from,
        is_live=bool(entry.is_live),
        fault=entry.fault or None,
    )


def _called(settings: Settings, word: str) -> str:
    try:
        return version_called(settings, word, Live())
    except UsageError as error:
        raise Problem(HTTPStatus.NOT_FOUND, "MODEL_MISSING", error.cause, "GET /models lists them.") from error


def _live(here: Parts) -> Promotion:
    """Return the promotion of the model that answers; raises Problem while there is none."""
    champion = here.champion
    if champion.current is not None:
        return champion.current.promotion
    if champion.is_read and champion.refused is None:
        detail = "No model is live, so nobody is in a segment: nothing to compare with."
        raise Problem(HTTPStatus.CONFLICT, "MODEL_NONE", detail, "Promote one first.")
    raise champion.absence()


def _preview(settings: Settings, word: str, live: Promotion) -> PreviewAnswer:
    try:
        from stream_app.candidate.promotion import compare, gate_of
    except ImportError as error:
        raise _without_scikit(error) from error

    candidate = settings.models.peek(_called(settings, word))
    seen = compare(settings, candidate, live)
    names = _names(settings, live.version, candidate)
    now, then = seen.sizes()
    return PreviewAnswer(
        version=candidate.version,
        champion=live.version,
        customers=seen.customers,
        moved=seen.moved,
        moved_share=round(seen.moved_share, 6),
        ari=seen.ari,
        silhouette=seen.silhouette,
        live_silhouette=seen.live_silhouette,
        segments=[PreviewSize(id=one, name=name, now=now[one], then=then[one]) for one, name in names.items()],
        migrations=[
            PreviewMove(from_=_name(came_from, names), to=_name(to, names), customers=number)
            for (came_from, to), number in sorted(seen.migrations.items())
        ],
        objections=gate_of(settings).objections(seen),
    )


def _names(settings: Settings, live: str, candidate: SegmentModel) -> dict[str, str]:
    """Return the names by id; a segment that both have is called as the candidate calls it."""
    from model_store.errors import ModelRefused

    try:
        known = {segment.id: segment.name for segment in settings.models.peek(live).segments}
    except ModelRefused:
        known = {}
    return known | {segment.id: segment.name for segment in candidate.segments}


def _name(segment_id: str, names: dict[str, str]) -> SegmentName:
    return SegmentName(id=segment_id, name=names.get(segment_id, segment_id))


def _promote(settings: Settings, word: str, body: PromoteBody) -> str:
    from stream_app.operators import candidate
    from stream_app.operators import promote as say_it_is_live

    if body.force and not body.why:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "BAD_VALUES", "`force` needs `why`.", faults=[])
    artefact = settings.models.artefact(_called(settings, word))
    model = candidate(settings, artefact)
    if not body.force:
        try:
            from stream_app.candidate.promotion import pass_gate
        except ImportError as error:
            raise _without_scikit(error) from error
        pass_gate(settings, model)
    say_it_is_live(settings, artefact, why=body.why, is_quiet=body.quiet, by=BY)
    return artefact.version


def _rollback(settings: Settings, body: RollbackBody) -> str:
    from stream_app.operators import model_before
    from stream_app.operators import promote as say_it_is_live

    artefact = model_before(settings)
    say_it_is_live(settings, artefact, why=body.why, is_quiet=body.quiet, is_rollback=True, by=BY)
    return artefact.version


def _without_scikit(error: ImportError) -> Problem:
    detail = f"A preview needs {error.name}, which is not installed."
    return Problem(HTTPStatus.NOT_IMPLEMENTED, "NOT_INSTALLED", detail, "pip install 'segstream[api,train]'")
