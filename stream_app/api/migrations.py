"""GET /migrations: who went where, day by day of event time."""

from __future__ import annotations

from datetime import date
from typing import Annotated, cast

from fastapi import APIRouter, Query

from stream_app.api.answers import Migration, Migrations
from stream_app.api.customer_answer import named
from stream_app.api.documented import problems
from stream_app.api.parts import Here
from stream_app.api.problems import Fault, bad_values
from stream_app.contract.segment_change import Cause

router = APIRouter(tags=["segments"])

From = Annotated[date, Query(alias="from", description="The first day, in UTC.")]
To = Annotated[date, Query(description="The last day.")]


@router.get("/migrations", responses=problems(400, 422, 503))
async def migrations(here: Here, first: From, to: To) -> Migrations:
    """Return how many customers went from each segment to each other one in these days, and why."""
    if to < first:
        raise bad_values([Fault("to", to.isoformat(), f"must not lie before {first.isoformat()}")])
    live = here.champion.live()
    names = {segment.id: segment.name for segment in live.model.segments}
    found = await here.asking.figures(lambda figures: figures.migrations(first, to))
    steps = [
        Migration(from_=named(came_from, names), to=named(gone_to, names), cause=cast(Cause, cause), customers=number)
        for (came_from, gone_to, cause), number in sorted(found.items())
        if number
    ]
    return Migrations(from_=first.isoformat(), to=to.isoformat(), migrations=steps)
