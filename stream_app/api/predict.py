"""POST /predict: four numbers in, their segment out."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from model_store.scoring import FeatureRow, Place
from stream_app.api.answers import Prediction
from stream_app.api.champion import Live
from stream_app.api.documented import problems
from stream_app.api.four_numbers import four_numbers
from stream_app.api.problems import Fault, Problem, bad_values
from stream_app.api.request_bodies import ONE

router = APIRouter(tags=["predict"])

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


@router.post(
    "/predict",
    response_model=Prediction,
    responses=problems(400, 415, 422, 503),
    openapi_extra={"requestBody": ONE},
)
async def predict(request: Request) -> Response:
    """Return the segment of four numbers, how far they are from every segment, and their place in PCA space."""
    live: Live = request.app.state.parts.champion.live()
    row = _row_of(read_json(await request.body()))
    return Response(_encode(prediction_of(live, row)), media_type="application/json")


def prediction_of(live: Live, row: FeatureRow) -> dict[str, Any]:
    """Return what is said of one row."""
    scorer = live.scorer
    index = scorer.assign(*row)
    place = scorer.places([index], [row])[0]
    segment = live.model.segments[index]
    return {
        "segment": {
            "id": segment.id,
            "name": segment.name,
            "description": segment.description,
            "action": segment.action,
        },
        "distances": _distances(live, index, place),
        "margin": place.margin,
        "point": place.point,
        "model_version": scorer.version,
    }


def _distances(live: Live, own: int, place: Place) -> list[dict[str, Any]]:
    # The own one first: the exact scores decide where the rounded distances agree.
    order = sorted(range(len(place.distances)), key=lambda at: (place.distances[at], at != own))
    ids, names = live.scorer.ids, live.scorer.names
    return [{"id": ids[at], "name": names[at], "distance": place.distances[at]} for at in order]


def read_json(body: bytes) -> Any:
    """Return what a JSON body says; raises Problem when it is no JSON."""
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = 'Send {"Recency": 15, "Frequency": 50, "Monetary": 1200.5, "Unique_Products": 10}.'
        raise Problem(HTTPStatus.BAD_REQUEST, "BAD_JSON", f"The body is no JSON: {error}.", hint) from None


def _row_of(given: Any) -> FeatureRow:
    if not isinstance(given, dict):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "BAD_VALUES", "The body must be a JSON object.", faults=[])
    faults: list[Fault] = []
    row = four_numbers(given, faults)
    if faults:
        raise bad_values(faults)
    return row
