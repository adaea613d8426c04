"""Who went where: bands from the segments people left to those they came to."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from stream_app.dashboard.answers import Migration
from stream_app.dashboard.charts.figure import Figure, Pen, Row, inline, own_colour, tips, words
from stream_app.dashboard.charts.flow_layout import Band, Flow, Node, flows_of, lay_out
from stream_app.dashboard.figures import count, counted

HEIGHT = 380
MOST_TOLD = 5


def flow(migrations: Sequence[Migration], order: Sequence[str], days: int, pen: Pen) -> Figure | None:
    """Return the diagram; None when nobody moved."""
    flows = flows_of(migrations)
    if not flows:
        return None
    nodes, bands = lay_out(flows, order)
    across = alt.Scale(domain=[-0.02, 1.02], nice=False)
    down = alt.Scale(domain=[1.02, -0.02], nice=False)
    outlines = alt.Chart(inline([row for band in bands for row in _outline(band, pen)]))
    bodies = outlines.mark_area(opacity=0.45, orient="vertical").encode(
        x=alt.X("x:Q", axis=None, scale=across), y=alt.Y("top:Q", axis=None, scale=down), y2="bottom:Q",
        detail="flow:N", color=own_colour(), tooltip=tips(("flow", "Flow"), ("said", "Customers")),
    )  # fmt: skip
    ends = alt.Chart(inline([_node(node, pen) for node in nodes])).encode(
        y=alt.Y("middle:Q", axis=None, scale=down), x=alt.X("x:Q", axis=None, scale=across)
    )
    blocks = ends.mark_bar().encode(
        x2="x2:Q", y=alt.Y("top:Q", axis=None, scale=down), y2="bottom:Q", color=own_colour()
    )
    told = "datum.is_told"
    halo = {"stroke": pen.palette.ground, "strokeWidth": 4, "strokeOpacity": 0.75}
    names = [
        ends.transform_filter(f"{side} && {told}").mark_text(**(words(pen, **place) | look)).encode(text="said:N")
        for side, place in (
            ("datum.is_left", {"align": "left", "dx": 12}), ("!datum.is_left", {"align": "right", "dx": -8}),
        )
        for look in (halo, {})
    ]  # fmt: skip
    return Figure(
        "Flow between segments",
        f"Customers who moved in the last {days} days of event time, from left to right.",
        alt.LayerChart(layer=[bodies, blocks, *names]).properties(height=HEIGHT),
        _alternative(flows),
        [{"From": f.start.name, "To": f.end.name, "Customers": count(f.customers)} for f in flows],
    )


def _outline(band: Band, pen: Pen) -> list[Row]:
    name = f"{band.flow.start.name} → {band.flow.end.name}"
    return [
        {
            "flow": name, "said": count(band.flow.customers), "x": round(x, 4), "top": round(top, 4),
            "bottom": round(bottom, 4), "colour": pen.of(band.flow.start.id),
        }
        for x, top, bottom in band.outline()
    ]  # fmt: skip


def _node(node: Node, pen: Pen) -> Row:
    x = -0.012 if node.is_left else 1.0
    return {
        "x": x, "x2": x + 0.012, "top": node.top, "bottom": node.bottom, "middle": (node.top + node.bottom) / 2,
        "said": f"{node.segment.name} {count(node.customers)}", "is_left": node.is_left,
        "is_told": node.bottom - node.top > 0.028, "colour": pen.of(node.segment.id),
    }  # fmt: skip


def _alternative(flows: Sequence[Flow]) -> str:
    told = [f"{counted(f.customers, 'customer')} from {f.start.name} to {f.end.name}" for f in flows[:MOST_TOLD]]
    rest = len(flows) - len(told)
    more = f"; and {counted(rest, 'smaller flow')}" if rest else ""
    return f"Flow diagram. {'; '.join(told)}{more}."
