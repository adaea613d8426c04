"""How one feature is spread over a segment's customers."""

from __future__ import annotations

from itertools import pairwise

import altair as alt

from stream_app.dashboard.answers import Histogram
from stream_app.dashboard.charts.figure import Figure, Pen, inline, tips
from stream_app.dashboard.features import Feature
from stream_app.dashboard.figures import count

HEIGHT = 170


def histogram(found: Histogram, feature: Feature, segment_id: str, currency: str, pen: Pen) -> Figure:
    """Return one bar a bin, as high as the number of customers in it."""
    unit = feature.unit.format(currency=currency)
    bins = list(zip(pairwise(found.edges), found.counts, strict=True))
    rows = [
        {"begin": begin, "end": end, "n": n, "said": count(n), "range": f"{_edge(begin)} to {_edge(end)}"}
        for (begin, end), n in bins
    ]
    bars = (
        alt.Chart(inline(rows))
        .mark_bar(color=pen.of(segment_id), stroke=pen.palette.ground, strokeWidth=1)
        .encode(
            x=alt.X(
                "begin:Q", title=None, scale=alt.Scale(nice=False), axis=alt.Axis(grid=False, tickCount=4, format="~s")
            ),
            x2="end:Q",
            y2=alt.datum(0),
            y=alt.Y("n:Q", title="customers", axis=alt.Axis(tickCount=3, tickMinStep=1)),
            tooltip=tips(("range", feature.name), ("said", "Customers")),
        )
    )
    return Figure(
        feature.name,
        unit[:1].upper() + unit[1:] + ".",
        bars.properties(height=HEIGHT),
        f"Histogram of {unit}.{_fullest(found)}",
        [{unit[:1].upper() + unit[1:]: str(row["range"]), "Customers": str(row["said"])} for row in rows],
    )


def _fullest(found: Histogram) -> str:
    if not any(found.counts):
        return ""
    place = found.counts.index(max(found.counts))
    begin, end = found.edges[place], found.edges[place + 1]
    return f" Most customers, {count(found.counts[place])}, lie between {_edge(begin)} and {_edge(end)}."


def _edge(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:,.1f}"
