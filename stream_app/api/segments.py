"""GET /segments: how many customers each has, and who they are."""

from __future__ import annotations

from fastapi import APIRouter

from model_store.segment_model import Segment, SegmentModel
from stream_app.api.answers import Earlier, MedianCustomer, Segments, SegmentStanding
from stream_app.api.documented import problems
from stream_app.api.figures import DAYS_AGO, Figures, Totals, read_figures
from stream_app.api.parts import Here
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.instants import NO_CLOCK, rfc3339
from stream_app.core.statistics import NOBODY
from stream_app.lookup import Lookup

router = APIRouter(tags=["segments"])


@router.get("/segments", responses=problems(503))
async def segments(here: Here) -> Segments:
    """Return the size and the revenue of every segment, now and earlier."""
    live = here.champion.live()
    clock = await here.asking.redis(_newest_clock)
    figures = here.figures
    if figures is None or not figures.is_fresh:
        figures = here.figures = await here.asking.figures(read_figures)
    return standing(figures, live.model, None if clock == NO_CLOCK else rfc3339(clock), here.settings.currency)


def _newest_clock(lookup: Lookup) -> int:
    return max((status.clock for status in lookup.partitions(lookup.partition_count())), default=NO_CLOCK)


def standing(figures: Figures, model: SegmentModel, as_of: str | None, currency: str) -> Segments:
    """Return every segment's figures; while customers go over from another model, those of its own segments count."""
    now = {segment.id: figures.now.get(segment.id, NOBODY) for segment in model.segments}
    customers = sum(one.customers for one in now.values())
    money = sum(one.monetary for one in now.values())
    return Segments(
        as_of=as_of,
        currency=currency,
        customers=customers,
        revenue=money / MONEY_SCALE,
        lapsed=figures.now.get("", NOBODY).customers,
        model_version=model.version,
        segments=[_segment(one, figures, customers, money) for one in model.segments],
    )


def _segment(segment: Segment, figures: Figures, customers: int, money: int) -> SegmentStanding:
    now = figures.now.get(segment.id, NOBODY)
    return SegmentStanding(
        id=segment.id,
        name=segment.name,
        description=segment.description,
        action=segment.action,
        customers=now.customers,
        customer_share=share(now.customers, customers),
        revenue=now.monetary / MONEY_SCALE,
        revenue_share=share(now.monetary, money),
        earlier={str(days): _earlier(figures.earlier.get(days), segment.id) for days in DAYS_AGO},
        profile=medians(segment),
        buys_again=segment.buys_again,
    )


def _earlier(totals: Totals | None, segment_id: str) -> Earlier | None:
    if not totals:
        return None
    found = totals.get(segment_id, NOBODY)
    return Earlier(customers=found.customers, revenue=found.monetary / MONEY_SCALE)


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
