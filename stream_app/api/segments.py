"""GET /segments: how many customers each has, and who they are."""

from __future__ import annotations

from fastapi import APIRouter

from model_store.segment_model import Segment
from stream_app.api.answers import MedianCustomer, Segments, SegmentStanding
from stream_app.api.champion import Live
from stream_app.api.documented import problems
from stream_app.api.parts import Here
from stream_app.core.instants import NO_CLOCK, rfc3339
from stream_app.lookup import Lookup

router = APIRouter(tags=["segments"])

DAYS_AGO = (7, 30, 90)


@router.get("/segments", responses=problems(503))
async def segments(here: Here) -> Segments:
    """Return the size and the revenue of every segment, now and earlier."""
    live = here.champion.live()
    return await here.asking.redis(lambda lookup: _standing(lookup, live, here.settings.currency))


def _standing(lookup: Lookup, live: Live, currency: str) -> Segments:
    partitions = lookup.partition_count()
    statuses = lookup.partitions(partitions)
    sizes = lookup.sizes(list(live.segments), partitions)
    everybody = sum(status.customers for status in statuses)
    scored = sum(sizes.values())
    clock = max((status.clock for status in statuses), default=NO_CLOCK)
    return Segments(
        as_of=None if clock == NO_CLOCK else rfc3339(clock),
        currency=currency,
        customers=scored,
        revenue=0.0,
        lapsed=max(0, everybody - scored),
        model_version=live.model.version,
        segments=[_segment(one, sizes[one.id], scored) for one in live.model.segments],
    )


def _segment(segment: Segment, customers: int, everybody: int) -> SegmentStanding:
    return SegmentStanding(
        id=segment.id,
        name=segment.name,
        description=segment.description,
        action=segment.action,
        customers=customers,
        customer_share=share(customers, everybody),
        revenue=0.0,
        revenue_share=0.0,
        earlier={str(days): None for days in DAYS_AGO},
        profile=medians(segment),
        buys_again=segment.buys_again,
    )


def share(part: float, whole: float) -> float:
    """Return a part of a whole from 0 to 1, 0 of nothing."""
    return round(part / whole, 6) if whole else 0.0


def medians(segment: Segment) -> MedianCustomer:
    """Return the median customer of the training."""
    profile = segment.profile
    return MedianCustomer(
        recency_days=profile.recency_days,
        frequency=profile.frequency,
        monetary=profile.monetary,
        unique_products=profile.unique_products,
    )
