"""Why customers moved: one bar a cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import altair as alt

from stream_app.contract.cause_words import SHORT
from stream_app.dashboard.answers import Migration
from stream_app.dashboard.charts.figure import Figure, Pen, inline, names_axis, tips, words
from stream_app.dashboard.figures import count, counted, share

ROW_PIXELS = 40


def causes(migrations: Sequence[Migration], days: int, pen: Pen) -> Figure | None:
    """Return the bars, the longest first; None when nobody moved."""
    sums: Counter[str] = Counter()
    for step in migrations:
        sums[step.cause] += step.customers
    total = sum(sums.values())
    if not total:
        return None
    found = [(SHORT.get(cause, cause), n) for cause, n in sums.most_common() if n > 0]
    rows = [{"cause": name, "n": n, "said": f"{count(n)} ({share(n / total)})"} for name, n in found]
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("cause:N", sort=[name for name, _ in found], axis=names_axis()),
        x=alt.X("n:Q", axis=None, scale=alt.Scale(domain=[0, found[0][1] * 1.6])),
        tooltip=tips(("cause", "Cause"), ("said", "Changes")),
    )
    bars = base.mark_bar(color=pen.palette.mute, cornerRadiusEnd=3, height={"band": 0.62})
    labels = base.mark_text(**words(pen, align="left", dx=6)).encode(text="said:N")
    return Figure(
        "What moved them",
        f"Changes of segment in the last {days} days of event time, by cause.",
        (bars + labels).properties(height=ROW_PIXELS * len(rows)),
        "Bar chart. " + "; ".join(f"{name}: {counted(n, 'change')}" for name, n in found) + ".",
        [{"Cause": name, "Changes": count(n), "Share": share(n / total)} for name, n in found],
    )
