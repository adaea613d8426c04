"""GET /segments/{id}/…: who is in a segment, and how their features are distributed."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from model_store.scoring import FeatureRow
from stream_app.api.answers import Distributions, Histogram, SegmentCustomer, SegmentCustomers
from stream_app.api.champion import Live
from stream_app.api.documented import problems
from stream_app.api.parts import Here
from stream_app.api.problems import Fault, Problem, bad_values
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.instants import NO_CLOCK
from stream_app.lookup import Lookup
from stream_app.members import Mark, Members, Shown
from stream_app.settings import Settings

router = APIRouter(tags=["segments"])

MOST = 1_000
SAMPLE = 2_000
BINS = 20
NAMES = ("recency_days", "frequency", "monetary", "unique_products")

SegmentId = Annotated[str, Path(min_length=1, max_length=64)]
Cursor = Annotated[str | None, Query(max_length=2_000, description="As the page before gave it.")]
Limit = Annotated[int, Query(ge=1, le=MOST)]


@router.get("/segments/{segment_id}/customers", responses=problems(404, 422, 503))
async def segment_customers(
    segment_id: SegmentId, here: Here, cursor: Cursor = None, limit: Limit = 100
) -> SegmentCustomers:
    """Return a page of a segment's customers; who stays in it while the pages are read comes exactly once."""
    known_segment(here.champion.live(), segment_id)
    mark = None if not cursor else _mark_of(cursor)
    found, after = await here.asking.redis(lambda lookup: Members(here.settings, lookup).page(segment_id, mark, limit))
    return SegmentCustomers(customers=[_customer(one) for one in found], cursor=after and _cursor_of(after))


@router.get("/segments/{segment_id}/distributions", responses=problems(404, 422, 503))
async def segment_distributions(segment_id: SegmentId, here: Here) -> Distributions:
    """Return how the features of a sample of the segment's customers are distributed."""
    known_segment(here.champion.live(), segment_id)
    rows = await here.asking.redis(lambda lookup: sample_rows(here.settings, lookup, segment_id, SAMPLE))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(NAMES)
    values = [[value / (MONEY_SCALE if name == "monetary" else 1) for value in column]
              for name, column in zip(NAMES, columns, strict=True)]  # fmt: skip
    features = {name: histogram(column) for name, column in zip(NAMES, values, strict=True)}
    return Distributions(sample=len(rows), features=features)


def known_segment(live: Live, segment_id: str) -> None:
    """Raise Problem for a segment that the live model does not have."""
    if segment_id not in live.segments:
        hint = f"The live model has {', '.join(live.segments)}."
        raise Problem(HTTPStatus.NOT_FOUND, "SEGMENT_UNKNOWN", "The live model has no such segment.", hint)


def sample_rows(settings: Settings, lookup: Lookup, segment_id: str, most: int) -> list[FeatureRow]:
    """Return what a scorer takes of a sample of a segment's customers, at the newest clock."""
    statuses = lookup.partitions(lookup.partition_count())
    clock = max((status.clock for status in statuses), default=NO_CLOCK)
    rows = (one.row(clock) for one in Members(settings, lookup).sample(segment_id, most))
    return [row for row in rows if row is not None]


def histogram(values: list[float], bins: int = BINS) -> Histogram:
    """Return equal parts of the range; a value on an edge belongs to the part above. Whole numbers get whole edges.

    >>> histogram([0.5, 1.0, 2.0, 4.5], 2)
    Histogram(edges=[0.5, 2.5, 4.5], counts=[3, 1])
    >>> histogram([1, 1, 2, 4], 2)
    Histogram(edges=[1.0, 3.0, 5.0], counts=[3, 1])
    """
    if not values:
        return Histogram(edges=[], counts=[])
    low, high = min(values), max(values)
    if all(value == int(value) for value in values):
        width = -(-(high - low + 1) // bins)
        bins = int(-(-(high - low + 1) // width))
    else:
        width = (high - low) / bins or 1.0
    edges = [round(low + width * at, 6) for at in range(bins + 1)]
    counts = [0] * bins
    for value in values:
        counts[min(max(bisect_right(edges, value) - 1, 0), bins - 1)] += 1
    return Histogram(edges=edges, counts=counts)


def _customer(one: Shown) -> SegmentCustomer:
    return SegmentCustomer(
        customer_id=one.customer_id,
        since=one.since or None,
        valid_until=one.valid_until or None,
        recency_at=one.recency_at or None,
        frequency=one.frequency,
        monetary=one.monetary,
        unique_products=one.unique_products,
    )


def _cursor_of(mark: Mark) -> str:
    return urlsafe_b64encode(json.dumps(mark).encode()).decode()


def _mark_of(cursor: str) -> Mark:
    """Return the mark of a cursor; raises Problem for one that we never gave."""
    try:
        partition, since, customer_id = json.loads(urlsafe_b64decode(cursor.encode()))
        mark = Mark(int(partition), int(since), str(customer_id))
        customer_id.encode()
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        raise bad_values([Fault("cursor", cursor[:80], "is none that was given here")]) from None
    if not 0 <= mark.partition < 1 << 31 or not -(1 << 60) < mark.since < 1 << 60:
        raise bad_values([Fault("cursor", cursor[:80], "is none that was given here")])
    return mark
