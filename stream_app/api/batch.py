"""POST /predict/batch: up to 10,000 rows in, the segment of each out, as JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections import Counter
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response

from model_store.scoring import Place, Scorer
from stream_app.api.answers import BatchPrediction
from stream_app.api.batch_reading import Batch, rows_of_csv, rows_of_json
from stream_app.api.documented import problems
from stream_app.api.parts import Parts
from stream_app.api.predict import read_json
from stream_app.api.problems import Problem
from stream_app.api.request_bodies import MANY

router = APIRouter(tags=["predict"])

CSV = "text/csv"
BATCH_SECONDS = 20.0
"""10,000 rows take a fifth of a second; the rest is for a machine with other things to do."""


@router.post(
    "/predict/batch",
    response_model=BatchPrediction,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}, **problems(400, 415, 422, 503)},
    openapi_extra={"requestBody": MANY},
)
async def predict_batch(request: Request) -> Response:
    """Return the segment of every row: as CSV with columns added for `Accept: text/csv`, else as JSON."""
    parts: Parts = request.app.state.parts
    scorer = parts.champion.live().scorer
    body = await request.body()
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    wants_csv = CSV in request.headers.get("accept", "")
    return await parts.asking.others(lambda: _answer(scorer, body, kind, wants_csv=wants_csv), BATCH_SECONDS)


def _answer(scorer: Scorer, body: bytes, kind: str, *, wants_csv: bool) -> Response:
    if kind == CSV:
        batch = rows_of_csv(body)
    elif kind in ("application/json", "application/x-www-form-urlencoded"):
        # What curl says of a body when nobody tells it more.
        batch = rows_of_json(read_json(body))
    else:
        detail = f"{kind} is not read here."
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "BAD_TYPE_OF_BODY", detail, f"Send application/json or {CSV}.")
    segments = [scorer.assign(*row) for row in batch.rows]
    places = scorer.places(segments, batch.rows)
    if wants_csv:
        return Response(_csv(scorer, batch, segments, places), media_type=CSV)
    return Response(msgspec.json.encode(_json(scorer, batch, segments, places)), media_type="application/json")


def _json(scorer: Scorer, batch: Batch, segments: list[int], places: list[Place]) -> dict[str, Any]:
    names = [{"id": id_, "name": name} for id_, name in zip(scorer.ids, scorer.names, strict=True)]
    results = [
        {
            "row": row,
            "customer_id": customer,
            "segment": names[segment],
            "margin": place.margin,
            "point": place.point,
            "distance": place.distances[segment],
        }
        for row, (customer, segment, place) in enumerate(zip(batch.customers, segments, places, strict=True))
    ]
    counts = Counter(scorer.ids[segment] for segment in segments)
    return {"model_version": scorer.version, "results": results, "counts": counts}


def _csv(scorer: Scorer, batch: Batch, segments: list[int], places: list[Place]) -> str:
    columns, cells = batch.columns, batch.cells
    if not columns:
        columns = ["customer_id"]
        cells = [[customer or ""] for customer in batch.customers]
    axes = [f"point_{axis + 1}" for axis in range(len(scorer.model.pca_components))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*columns, "segment_id", "segment_name", "margin", "distance", *axes, "model_version"])
    for line, segment, place in zip(cells, segments, places, strict=True):
        name = scorer.names[segment]
        found = [scorer.ids[segment], name, place.margin, place.distances[segment], *place.point, scorer.version]
        writer.writerow([*line, *found])
    return out.getvalue()
