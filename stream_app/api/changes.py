"""GET /changes: every segment change as it is published, and the last ones for feeds that poll."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response

from stream_app.api.answers import RecentChanges
from stream_app.api.documented import Documented, problems
from stream_app.api.parts import Here
from stream_app.api.problems import Fault, Problem, bad_values
from stream_app.contract.segment_change import Cause
from stream_app.core.instants import parse_instant
from stream_app.tail import FROM_BEGINNING, FROM_NOW, Filter

router = APIRouter(tags=["changes"])

MOST_RECENT = 500
_STREAM: Documented = {
    200: {
        "description": "One event named `change` for each SegmentChange, its JSON as `data` and its place as `id`.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}

Segments = Annotated[list[str], Query(description="Only into or out of this segment, by id or name; `lapsed` is one.")]
Causes = Annotated[list[Cause], Query()]
Customers = Annotated[list[str], Query(description="Only this customer.")]
Since = Annotated[str, Query(description="`beginning`, or an RFC 3339 instant with a zone; without it: from now on.")]
LastEventId = Annotated[str | None, Header(description="Go on after this event: nothing is missed, nothing repeated.")]


@router.get("/changes", response_class=Response, responses={**_STREAM, **problems(400, 410, 422, 503)})
async def changes(
    here: Here,
    segment: Segments = [],  # noqa: B006  FastAPI reads it, and never changes it
    cause: Causes = [],  # noqa: B006
    customer: Customers = [],  # noqa: B006
    since: Since = "",
    last_event_id: LastEventId = None,
) -> Response:
    """Follow the changes as server-sent events; a client that was cut off goes on with Last-Event-ID."""
    wanted = Filter(frozenset(one.lower() for one in segment), frozenset(cause), frozenset(customer))
    return await here.streams.open(wanted, last_event_id or None, _start(since))


@router.get("/changes/recent", response_model=RecentChanges, responses=problems(422, 503))
async def recent(here: Here, limit: Annotated[int, Query(ge=1, le=MOST_RECENT)] = 50) -> Response:
    """Return the last changes, the newest first."""
    found = here.recent.newest(limit)
    if not found and not here.recent.is_reading:
        detail = f"Kafka at {here.settings.kafka_bootstrap_servers} has not answered yet."
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "KAFKA_AWAY", detail, "Try again, or ask `segstream doctor`.")
    return Response(b'{"changes":[' + b",".join(found) + b"]}", media_type="application/json")


def _start(since: str) -> int:
    if since in ("", "beginning"):
        return FROM_BEGINNING if since else FROM_NOW
    instant = parse_instant(since)
    if instant is None:
        raise bad_values([Fault("since", since, "must be `beginning` or an instant like 2026-01-31T00:00:00Z")])
    return instant
