"""Customers in the model's plane: a sample of them, the centres, and perhaps one point of interest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt

from stream_app.dashboard.answers import Named
from stream_app.dashboard.charts.figure import Figure, Pen, Row, inline, own_colour, tips, words
from stream_app.dashboard.figures import count
from stream_app.dashboard.model_answers import PlanePoint

HEIGHT = 420


@dataclass(frozen=True)
class Spot:
    """A point to look at."""

    x: float
    y: float
    name: str


def plane(
    points: Sequence[PlanePoint], centres: Mapping[Named, Sequence[float]], pen: Pen, spot: Spot | None = None
) -> Figure:
    """Return the scatter; centres carry their segment's name."""
    names = {segment.id: segment.name for segment in centres}
    rows: list[Row] = [
        {"x": p.x, "y": p.y, "segment": names.get(p.segment, p.segment), "colour": pen.of(p.segment)} for p in points
    ]
    middles: list[Row] = [
        {"x": at[0], "y": at[1] if len(at) > 1 else 0.0, "segment": segment.name, "colour": pen.of(segment.id)}
        for segment, at in centres.items()
    ]
    axis = alt.Axis(grid=True, tickCount=5, labelFontSize=11)
    x = alt.X("x:Q", title="First component", axis=axis)
    y = alt.Y("y:Q", title="Second component", axis=axis)
    cloud = alt.Chart(inline(rows)).mark_circle(size=22, opacity=0.35).encode(
        x=x, y=y, color=own_colour(), tooltip=tips(("segment", "Segment"))
    )  # fmt: skip
    centre = alt.Chart(inline(middles)).encode(x=x, y=y, tooltip=tips(("segment", "Centre of")))
    crosses = centre.mark_point(shape="diamond", filled=True, size=130, opacity=1, stroke=pen.palette.ground).encode(
        color=own_colour()
    )
    halo = centre.mark_text(**words(pen, dy=-16, fontWeight=600, stroke=pen.palette.ground, strokeWidth=4)).encode(
        text="segment:N"
    )
    label = centre.mark_text(**words(pen, dy=-16, fontWeight=600)).encode(text="segment:N")
    # A layer without a row would have an infinite extent, and the reader's console would say so.
    drawn = alt.LayerChart(layer=[*([cloud] if rows else []), crosses, halo, label])
    if spot is not None:
        drawn = drawn + _spot(spot, x, y, pen)
    return Figure(
        "Place among the segments" if spot else "Customers in the model's plane",
        "Principal components of the scaled logarithms, without unit. Diamonds are the segments' centres.",
        drawn.properties(height=HEIGHT),
        _alternative(points, centres, spot),
        [
            {"Centre of": str(row["segment"]), "First": f"{row['x']:.2f}", "Second": f"{row['y']:.2f}"}
            for row in middles
        ],
    )


def _spot(spot: Spot, x: alt.X, y: alt.Y, pen: Pen) -> alt.LayerChart:
    base = alt.Chart(inline([{"x": spot.x, "y": spot.y, "said": spot.name}])).encode(x=x, y=y)
    ring = base.mark_point(shape="circle", size=260, strokeWidth=3, color=pen.palette.ink, filled=False, opacity=1)
    dot = base.mark_point(shape="circle", size=50, color=pen.palette.ink, filled=True, opacity=1)
    look = words(pen, dy=22, fontWeight=700, fontSize=13)
    halo = base.mark_text(**(look | {"stroke": pen.palette.ground, "strokeWidth": 4})).encode(text="said:N")
    return alt.LayerChart(layer=[ring, dot, halo, base.mark_text(**look).encode(text="said:N")])


def _alternative(points: Sequence[PlanePoint], centres: Mapping[Named, Sequence[float]], spot: Spot | None) -> str:
    middle = "; ".join(
        f"{segment.name} at {at[0]:.1f} and {at[1] if len(at) > 1 else 0:.1f}" for segment, at in centres.items()
    )
    here = f" {spot.name} lies at {spot.x:.1f} and {spot.y:.1f}." if spot else ""
    return f"Scatter of {count(len(points))} customers. Centres: {middle}.{here}"
