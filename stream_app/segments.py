"""Every segment's customers and revenue, today and some days earlier, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

from model_store.segment_model import Segment
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.errors import SegstreamError
from stream_app.core.statistics import NOBODY
from stream_app.operators import live_model
from stream_app.settings import Settings
from stream_app.statistics import SegmentTotals, Statistics

Totals = Mapping[str, SegmentTotals]


class Size(Struct, frozen=True):
    """How many customers, and their net money in the window, in currency units."""

    customers: int
    revenue: float


class SegmentSize(Struct, frozen=True):
    """One segment today; `earlier` is null where it is not known."""

    id: str
    name: str
    customers: int
    customer_share: float
    revenue: float
    revenue_share: float
    earlier: Size | None


class Sizes(Struct, frozen=True):
    """What `segstream segments` shows; with `--json` under these names."""

    day: date
    """UTC day of the newest partition's clock."""
    earlier_day: date
    currency: str
    customers: int
    """In a segment."""
    lapsed: int
    revenue: float
    segments: list[SegmentSize]


def read_sizes(settings: Settings, days: int) -> Sizes:
    """Read the figures; raises SegstreamError when no model is live or nobody was scored yet."""
    promotion = live_model(settings)
    if promotion is None:
        raise SegstreamError("No model is live.", "Promote one: segstream models promote VERSION", code="MODEL_NONE")
    segments = settings.models.load(promotion.version, promotion.sha256).segments
    statistics = Statistics(settings)
    now, day = statistics.totals(), statistics.today()
    if day is None or not any(each.customers for each in now.values()):
        raise SegstreamError(
            "Nobody was scored yet.",
            "`segstream partitions list` shows how far the workers have come.",
            code="CUSTOMERS_NONE",
        )
    then = day - timedelta(days=days)
    return sizes_of(segments, now, statistics.totals(then), (day, then), settings.currency)


def sizes_of(segments: Sequence[Segment], now: Totals, then: Totals, days: tuple[date, date], currency: str) -> Sizes:
    """Put two days' totals side by side, in the model's order; then whoever a switch has not reached yet."""
    names = {segment.id: segment.name for segment in segments}
    # A model that is gone has left an empty segment behind.
    names |= {id_: id_ for id_, each in now.items() if id_ and id_ not in names and each.customers}
    customers = sum(now.get(id_, NOBODY).customers for id_ in names)
    money = sum(now.get(id_, NOBODY).monetary for id_ in names)

    def size(id_: str) -> SegmentSize:
        mine, before = now.get(id_, NOBODY), then.get(id_, NOBODY)
        return SegmentSize(
            id=id_,
            name=names[id_],
            customers=mine.customers,
            customer_share=round(mine.customers / max(1, customers), 4),
            revenue=mine.monetary / MONEY_SCALE,
            revenue_share=round(mine.monetary / max(1, money), 4),
            earlier=Size(before.customers, before.monetary / MONEY_SCALE) if then else None,
        )

    lapsed = now.get("", NOBODY).customers
    return Sizes(*days, currency, customers, lapsed, money / MONEY_SCALE, [size(id_) for id_ in names])


def size_lines(seen: Sizes) -> Iterator[str]:
    """Yield what a person reads."""
    is_compared = any(each.earlier for each in seen.segments)
    beside = f"beside {seen.earlier_day}" if is_compared else f"{seen.earlier_day} is not known"
    yield f"{seen.customers:,} customers in segments on {seen.day}, {beside}"
    yield ""
    width = max(len(each.name) for each in seen.segments)
    for each in sorted(seen.segments, key=lambda each: -each.customers):
        before = each.earlier
        people = "" if before is None else f"{each.customers - before.customers:+,}"
        money = "" if before is None else f"{each.revenue - before.revenue:+,.2f}"
        yield (
            f"  {each.name:<{width}}  {each.customers:>9,} {each.customer_share:>7.1%} {people:>8}"
            f"  {each.revenue:>15,.2f} {each.revenue_share:>7.1%} {money:>15}".rstrip()
        )
    yield ""
    yield f"Revenue in {seen.currency}. Lapsed: {seen.lapsed:,}."
