"""How large the segments are: their share of the customers, and of the revenue, now and earlier."""

from __future__ import annotations

from collections.abc import Iterator

import altair as alt

from stream_app.dashboard.answers import Segments, SegmentState
from stream_app.dashboard.charts.figure import Figure, Pen, Row, inline, names_axis, own_colour, tips, words
from stream_app.dashboard.figures import count, share, short_money

CUSTOMERS, REVENUE = "customers", "revenue"
ROW_PIXELS = 54


def sizes(found: Segments, days: int, pen: Pen) -> Figure:
    """Return two bars a segment, each with a mark where it ended so many days earlier."""
    order = [segment.name for segment in found.segments]
    rows = [row for segment in found.segments for row in _rows(segment, found, days, pen)]
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("segment:N", sort=order, axis=names_axis(), scale=alt.Scale(paddingInner=0.28, paddingOuter=0.1)),
        yOffset=alt.YOffset("measure:N", sort=[CUSTOMERS, REVENUE], scale=alt.Scale(paddingInner=0.12)),
    )
    scale = alt.Scale(domain=[0, _end(rows)])
    bars = base.mark_bar(cornerRadiusEnd=3).encode(
        x=alt.X("share:Q", axis=None, scale=scale), color=own_colour(),
        opacity=alt.Opacity("opacity:Q", scale=None, legend=None),
        tooltip=tips(("segment", "Segment"), ("said", "Now"), ("before", f"{days} days earlier")),
    )  # fmt: skip
    marks = base.transform_filter("isValid(datum.earlier)").mark_tick(
        color=pen.palette.ink, thickness=2, bandSize=16
    ).encode(x=alt.X("earlier:Q", axis=None, scale=scale))  # fmt: skip
    labels = base.mark_text(**words(pen, align="left", dx=8)).encode(
        x=alt.X("label_at:Q", axis=None, scale=scale), text="said:N"
    )
    return Figure(
        "Share of customers and of revenue",
        f"Percent of all; upper bar customers, lower bar revenue in the window. The line marks {days} days earlier.",
        (bars + marks + labels).properties(height=ROW_PIXELS * max(1, len(order))),
        _alternative(found),
        [],
    )


def _rows(segment: SegmentState, found: Segments, days: int, pen: Pen) -> Iterator[Row]:
    then = earlier_shares(found, days).get(segment.id)
    for place, (measure, part, noun) in enumerate(
        ((CUSTOMERS, segment.customer_share, "customers"), (REVENUE, segment.revenue_share, "revenue"))
    ):
        before = None if then is None else then[place]
        yield {
            "segment": segment.name, "measure": measure, "share": part, "earlier": before,
            "label_at": max(part, before or 0.0), "said": f"{share(part)} of {noun}",
            "before": "not known" if before is None else f"{share(before)} of {noun}",
            "colour": pen.of(segment.id), "opacity": 1.0 if measure == CUSTOMERS else 0.5,
        }  # fmt: skip


def earlier_shares(found: Segments, days: int) -> dict[str, tuple[float, float]]:
    """Return each segment's shares of customers and revenue so many days earlier; nothing where they are not known."""
    then = {segment.id: segment.earlier.get(str(days)) for segment in found.segments}
    known = {name: state for name, state in then.items() if state is not None}
    customers = sum(state.customers for state in known.values())
    revenue = sum(state.revenue for state in known.values())
    if not customers:
        return {}
    return {
        name: (state.customers / customers, state.revenue / revenue if revenue else 0.0)
        for name, state in known.items()
    }


def _end(rows: list[Row]) -> float:
    """Return the axis' end: the longest bar with its words behind it."""
    longest = max((float(row["label_at"] or 0.0) for row in rows), default=1.0)
    return max(0.05, longest * 1.75)


def _alternative(found: Segments) -> str:
    parts = [
        f"{segment.name}: {count(segment.customers)} customers ({share(segment.customer_share)}), "
        f"{short_money(segment.revenue, found.currency)} ({share(segment.revenue_share)} of revenue)"
        for segment in found.segments
    ]
    return f"Bar chart of the segments' shares. {'; '.join(parts)}."
