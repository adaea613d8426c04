"""What was measured for each number of segments, with the chosen one marked."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from stream_app.dashboard.charts.figure import Figure, Pen, inline, tips, words
from stream_app.dashboard.model_answers import Candidate

HEIGHT = 230
MEASURES = {
    "inertia": ("Elbow: inertia", "Squared distance to the centres, summed up, without unit. Less is tighter."),
    "silhouette": ("Silhouette", "From -1 to 1, without unit. More is better separated."),
}


def curve(measure: str, candidates: Sequence[Candidate], pen: Pen) -> Figure:
    """Return one measure over k."""
    title, note = MEASURES[measure]
    values = [(found.k, float(getattr(found, measure)), found) for found in candidates]
    rows = [
        {"k": k, "value": value, "said": _said(value), "is_chosen": found.is_chosen, "mark": _mark(found, measure)}
        for k, value, found in values
    ]
    base = alt.Chart(inline(rows)).encode(
        x=alt.X("k:O", title="number of segments, k", axis=alt.Axis(labelAngle=0, grid=False)),
        y=alt.Y("value:Q", title=None, axis=alt.Axis(tickCount=4, format="~s" if measure == "inertia" else "~g"),
                scale=alt.Scale(zero=measure == "inertia")),
        tooltip=tips(("k", "Segments"), ("said", title)),
    )  # fmt: skip
    line = base.mark_line(color=pen.palette.accent, strokeWidth=2)
    dots = base.mark_point(filled=True, opacity=1, color=pen.palette.accent, size=50)
    chosen = base.transform_filter("datum.is_chosen").mark_point(
        filled=True, opacity=1, size=170, color=pen.palette.accent, stroke=pen.palette.ink, strokeWidth=2
    )
    labels = (
        base.transform_filter("datum.mark != ''").mark_text(**words(pen, dy=-18, fontWeight=600)).encode(text="mark:N")
    )
    best = next((f"k = {k} was chosen, with {_said(v)}." for k, v, found in values if found.is_chosen), "")
    return Figure(
        title, note, (line + dots + chosen + labels).properties(height=HEIGHT),
        f"Line chart over the number of segments. {best}",
        [{"Segments": str(k), title: _said(value), "": _mark(found, measure)} for k, value, found in values],
    )  # fmt: skip


def _mark(found: Candidate, measure: str) -> str:
    if found.is_chosen:
        return "chosen"
    return "elbow" if found.is_elbow and measure == "inertia" else ""


def _said(value: float) -> str:
    return f"{value:,.3f}" if abs(value) < 10 else f"{value:,.0f}"
