"""What each feature adds to the gap between a customer's segment and the next best one."""

from __future__ import annotations

import altair as alt

from stream_app.dashboard.answers import Explanation
from stream_app.dashboard.charts.figure import Figure, Pen, inline, names_axis, own_colour, tips, words
from stream_app.dashboard.features import BY_KEY, said

ROW_PIXELS = 46


def explanation(found: Explanation, currency: str, pen: Pen) -> Figure:
    """Return diverging bars: to the right what speaks for the own segment, to the left what speaks for the rival."""
    rows = _rows(found, currency, pen)
    own, rival = found.segment.name, _rival(found)
    told = "; ".join(f"{row['name']} {row['said']}" for row in rows)
    return Figure(
        f"Why {own} and not {rival}",
        f"Squared distance in the model's plane, without unit. Right: speaks for {own}. Left: for {rival}. "
        f"All bars add up to the gap, {found.gap:.3f}.",
        _drawn(rows, pen).properties(height=ROW_PIXELS * len(rows)),
        f"Bar chart. {told}; together {found.gap:.3f} in favour of {own}.",
        [{"Feature": str(row["name"]), "Adds": str(row["said"]), "Speaks for": str(row["for"])} for row in rows],
    )


def _rival(found: Explanation) -> str:
    return found.rival.name if found.rival else "the others"


def _rows(found: Explanation, currency: str, pen: Pen) -> list[dict[str, str | float]]:
    parts = [
        (f"{BY_KEY[part.feature].name}: {said(part.feature, part.value, currency)}", part.contribution)
        for part in found.contributions
    ]
    if found.constant:
        parts.append(("Where the centres lie", found.constant))
    rival_colour = pen.of(found.rival.id if found.rival else None)
    return [
        {
            "name": name, "value": value, "said": f"{value:+.3f}", "is_own": value >= 0,
            "for": found.segment.name if value >= 0 else _rival(found),
            "colour": pen.of(found.segment.id) if value >= 0 else rival_colour,
        }
        for name, value in parts
    ]  # fmt: skip


def _drawn(rows: list[dict[str, str | float]], pen: Pen) -> alt.LayerChart:
    most = max((abs(float(row["value"])) for row in rows), default=0.0) or 1.0
    base = alt.Chart(inline(rows)).encode(
        y=alt.Y("name:N", sort=[str(row["name"]) for row in rows], axis=names_axis(labelLimit=210)),
        x=alt.X(
            "value:Q", scale=alt.Scale(domain=[-1.05 * most, 1.9 * most], nice=False),
            axis=alt.Axis(title=None, labels=False, ticks=False, grid=False, domain=False),
        ),
        tooltip=tips(("name", "Feature"), ("said", "Adds"), ("for", "Speaks for")),
    )  # fmt: skip
    bars = base.mark_bar(height={"band": 0.55}, cornerRadius=2).encode(color=own_colour())
    right = base.transform_filter("datum.is_own").mark_text(**words(pen, align="left", dx=6)).encode(text="said:N")
    # Behind a bar to the left it would meet the names on a phone.
    left = base.transform_filter("!datum.is_own").mark_text(**words(pen, align="left", dx=6))
    left = left.encode(x=alt.XDatum(0), text="said:N")
    zero = alt.Chart(inline([{"zero": 0}])).mark_rule(color=pen.palette.soft).encode(x="zero:Q")
    return alt.LayerChart(layer=[bars, right, left, zero])
