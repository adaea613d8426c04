"""A chart with what makes it readable for everybody: a title with units, a text alternative, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import altair as alt

from stream_app.dashboard.colours import Ground, segment_colour
from stream_app.dashboard.theme import PALETTES, Palette

Drawn: TypeAlias = alt.Chart | alt.LayerChart
Value: TypeAlias = str | float | int | bool | None
Row: TypeAlias = Mapping[str, Value]

LABEL_PIXELS = 150
"""Room for a segment's name on an axis."""


@dataclass(frozen=True)
class Figure:
    """What a page shows as one chart."""

    title: str
    note: str
    """Units, and what is marked."""
    chart: Drawn
    alternative: str
    """The chart's message for those who do not see it."""
    table: Sequence[Mapping[str, str]] = field(default_factory=tuple)
    """The numbers, as people read them."""


@dataclass(frozen=True)
class Pen:
    """The colours of the theme that is on."""

    ground: Ground

    @property
    def palette(self) -> Palette:
        """The theme's colours."""
        return PALETTES[self.ground]

    def of(self, segment_id: str | None) -> str:
        """Return a segment's colour."""
        return segment_colour(segment_id, self.ground)


def inline(rows: Sequence[Mapping[str, object]]) -> alt.InlineData:
    """Return rows as a chart's data."""
    return alt.InlineData(values=[dict(row) for row in rows])


def names_axis(**changes: Any) -> alt.Axis:
    """Return an axis of segment names: no ticks, no line, enough room."""
    options: dict[str, Any] = {
        "title": None,
        "ticks": False,
        "domain": False,
        "labelLimit": LABEL_PIXELS,
        "labelPadding": 8,
    }
    return alt.Axis(**(options | changes))


def own_colour() -> alt.Color:
    """Return the encoding for rows that bring their colour along in `colour`."""
    return alt.Color("colour:N", scale=None, legend=None)


def words(pen: Pen, **changes: Any) -> dict[str, Any]:
    """Return how words on a chart look."""
    return {"color": pen.palette.ink, "fontSize": 12, "baseline": "middle"} | changes


def inked(chart: Drawn, pen: Pen) -> Drawn:
    """Return the chart with axes whose words have enough contrast."""
    palette = pen.palette
    made: Drawn = chart.configure_axis(
        labelColor=palette.soft, titleColor=palette.soft, gridColor=palette.hair, labelFontSize=12, titleFontSize=12,
        titleFontWeight="normal",
    )  # fmt: skip
    return made


def tips(*pairs: tuple[str, str]) -> list[alt.Tooltip]:
    """Return what a pointer shows: the fields hold words already."""
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in pairs]
