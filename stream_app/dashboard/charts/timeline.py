"""A customer's life: in which segment from when to when, and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from stream_app.contract.cause_words import BECAUSE
from stream_app.dashboard.answers import Customer, Named, Step
from stream_app.dashboard.charts.figure import Figure, Pen, Row, inline, names_axis, own_colour, tips
from stream_app.dashboard.figures import day

LAPSED = Named("", "Lapsed")
ROW_PIXELS = 44


@dataclass(frozen=True)
class Stay:
    """A time in one segment; the last one of the forecast has no end."""

    segment: Named
    begin: str
    end: str
    because: str
    is_forecast: bool


def stays(found: Customer) -> list[Stay]:
    """Return the customer's stays, the oldest first, and behind now what comes if nobody orders."""
    now = found.as_of or ""
    past = sorted((step for step in found.history), key=lambda step: step.sequence)
    coming = [step for step in found.forecast if step.as_of > now]
    begins = [*past, *coming]
    made = []
    for place, step in enumerate(begins):
        is_forecast = place >= len(past)
        end = begins[place + 1].as_of if place + 1 < len(begins) else max(now, step.as_of)
        if not is_forecast and end > now and past:
            # The present stay: known up to now, expected from there on.
            made.append(_stay(step, step.as_of, now, is_forecast=False))
            made.append(_stay(step, now, end, is_forecast=True))
        else:
            made.append(_stay(step, step.as_of, end, is_forecast=is_forecast))
    return [stay for stay in made if stay.begin < stay.end or stay.is_forecast]


def _stay(step: Step, begin: str, end: str, *, is_forecast: bool) -> Stay:
    return Stay(step.to or LAPSED, begin, end, BECAUSE.get(step.cause, step.cause), is_forecast)


def timeline(found: Customer, order: Sequence[str], pen: Pen) -> Figure | None:
    """Return the chart, a row a segment; None for a customer whom nothing has moved yet."""
    rows = [_row(stay, pen) for stay in stays(found)]
    if not rows:
        return None
    places = {segment_id: place for place, segment_id in enumerate(order)}
    seen = {stay.segment for stay in stays(found)}
    names = [segment.name for segment in sorted(seen, key=lambda segment: places.get(segment.id, len(places)))]
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("segment:N", sort=names, axis=names_axis(grid=True)),
        x=alt.X("begin:T", title=None, axis=alt.Axis(format="%b %Y", labelOverlap=True, tickCount=5, grid=False)),
        x2="end:T",
        color=own_colour(),
        tooltip=tips(("segment", "Segment"), ("from", "From"), ("why", "Why")),
    )
    known = base.transform_filter("!datum.is_forecast").mark_bar(height={"band": 0.5}, cornerRadius=3)
    coming = base.transform_filter("datum.is_forecast").mark_bar(
        height={"band": 0.5}, cornerRadius=3, fillOpacity=0.25, strokeWidth=1.5, strokeDash=[4, 3]
    ).encode(stroke=alt.Stroke("colour:N", scale=None))  # fmt: skip
    layers = {False: known, True: coming}
    # A layer without a row would have an infinite extent, and the reader's console would say so.
    drawn = [layers[is_forecast] for is_forecast in sorted({stay.is_forecast for stay in stays(found)})]
    now = (
        alt.Chart(inline([{"now": found.as_of}])).mark_rule(color=pen.palette.ink, strokeDash=[2, 2]).encode(x="now:T")
    )
    return Figure(
        "Segments over time",
        "Solid: as it was. Dashed: what time alone will bring without another order. The line is now.",
        alt.LayerChart(layer=[*drawn, now]).properties(height=max(90, ROW_PIXELS * len(names) + 30)),
        _alternative(found),
        [],
    )


def _row(stay: Stay, pen: Pen) -> Row:
    return {
        "segment": stay.segment.name, "begin": stay.begin, "end": stay.end, "from": day(stay.begin),
        "why": stay.because, "is_forecast": stay.is_forecast, "colour": pen.of(stay.segment.id),
    }  # fmt: skip


def _alternative(found: Customer) -> str:
    parts = [
        f"{stay.segment.name} from {day(stay.begin)} {stay.because}" for stay in stays(found) if not stay.is_forecast
    ]
    coming = [
        f"{(step.to or LAPSED).name} on {day(step.as_of)} {BECAUSE.get(step.cause, '')}" for step in found.forecast
    ]
    expected = f" Without another order: {'; '.join(coming)}." if coming else ""
    return f"Timeline. {'; '.join(parts)}.{expected}"
