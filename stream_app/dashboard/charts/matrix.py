"""Who would go where under another model: a square a pair of segments, darker for more of the row."""

from __future__ import annotations

import altair as alt

from stream_app.dashboard.charts.figure import Figure, Pen, inline, tips
from stream_app.dashboard.figures import count, counted, share
from stream_app.dashboard.model_answers import Move, Preview

ROW_PIXELS = 46
MOST_TOLD = 5


def matrix(found: Preview, pen: Pen) -> Figure:
    """Return the migration matrix: rows are the segments as they are, columns those of the candidate."""
    names = {size.id: size.name for size in found.segments}
    rows_of: dict[str, int] = {}
    for move in found.migrations:
        rows_of[move.from_.id] = rows_of.get(move.from_.id, 0) + move.customers
    cells = [_cell(move, names, rows_of[move.from_.id]) for move in found.migrations]
    order = [size.name for size in found.segments]
    base = alt.Chart(inline(cells)).encode(
        x=alt.X("to:N", sort=order, title="with the candidate",
                axis=alt.Axis(orient="top", labelAngle=-35, labelLimit=130, ticks=False, domain=False)),
        y=alt.Y("from:N", sort=order, title=None, axis=alt.Axis(labelLimit=150, ticks=False, domain=False)),
        tooltip=tips(("from", "Now"), ("to", "With the candidate"), ("said", "Customers"), ("share", "Of the row")),
    )  # fmt: skip
    shades = alt.Scale(domain=[0, 1], range=[pen.palette.panel, pen.palette.accent], type="sqrt")
    squares = base.mark_rect(stroke=pen.palette.ground, strokeWidth=2, cornerRadius=3).encode(
        color=alt.Color("part:Q", scale=shades, legend=None)
    )
    ink = alt.condition("datum.part > 0.35", alt.value(pen.palette.on_accent), alt.value(pen.palette.ink))
    numbers = base.mark_text(fontSize=12, baseline="middle").encode(text="said:N", color=ink)
    return Figure(
        "Who would go where",
        "Customers. Rows: their segment now. Columns: with the candidate. Darker: more of the row.",
        (squares + numbers).properties(height=ROW_PIXELS * len(rows_of) + 90),
        _alternative(found),
        [
            {"Now": str(cell["from"]), "With the candidate": str(cell["to"]), "Customers": str(cell["said"])}
            for cell in cells
        ],
    )


def _cell(move: Move, names: dict[str, str], row: int) -> dict[str, str | float]:
    part = move.customers / row
    return {
        "from": names.get(move.from_.id, move.from_.name), "to": names.get(move.to.id, move.to.name),
        "part": part, "said": count(move.customers), "share": share(part),
    }  # fmt: skip


def _alternative(found: Preview) -> str:
    moved = sorted((m for m in found.migrations if m.from_.id != m.to.id), key=lambda move: -move.customers)
    told = [f"{counted(m.customers, 'customer')} from {m.from_.name} to {m.to.name}" for m in moved[:MOST_TOLD]]
    return f"Migration matrix. {'; '.join([f'{share(found.moved_share)} of all customers would move', *told])}."
