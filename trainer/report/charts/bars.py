"""Parts of a whole as bars, one group a segment, all on one axis from nothing to all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trainer.report.charts.ink import LETTER, chart, colour, line, text
from trainer.report.charts.scale import Scale, rounded_up
from trainer.report.markup import Markup, element

WIDTH = 380
HEAD, BAR, GAP = 18, 13, 10
LEFT, RIGHT = 0, 262
"""Behind the axis there is room for the words at the end of the longest bar."""


class Bar(NamedTuple):
    """A part from 0 to 1, and what stands behind it."""

    share: float | None
    """None: nobody to measure it on."""
    words: str


class Group(NamedTuple):
    """The bars of one segment."""

    name: str
    bars: tuple[Bar, ...]


def bars(groups: Sequence[Group], name: str, *, mark: Bar | None = None) -> Markup:
    """Return the chart, groups in their order; the mark is a line across all of them."""
    scale = axis(groups, mark)
    top = 0 if mark is None else 20
    rows = max(len(group.bars) for group in groups)
    step = HEAD + rows * (BAR + 2) + GAP
    height = top + len(groups) * step - GAP + 2
    tops = [top + place * step for place in range(len(groups))]
    drawn = [rect for place, group in enumerate(groups) for rect in _rects(group, place, scale, tops[place])]
    words = [part for group, at in zip(groups, tops, strict=True) for part in _words(group, scale, at)]
    # Words last: their halo covers the mark where it crosses them.
    return chart(WIDTH, height, name, [*drawn, *_mark(mark, scale, height), *words])


def axis(groups: Sequence[Group], mark: Bar | None) -> Scale:
    """Return the scale of all bars: from 0 to a round number that all of them fit on."""
    shares = [bar.share or 0.0 for group in groups for bar in group.bars]
    return Scale(0.0, min(1.0, rounded_up(max([*shares, mark.share or 0.0] if mark else shares))), LEFT, RIGHT)


def _rects(group: Group, place: int, scale: Scale, top: float) -> Iterator[Markup]:
    for row, bar in enumerate(group.bars):
        # The first bar is the segment's own; those under it are fainter, and all say what they are.
        kind = "share" if row == 0 else "share faint"
        width = scale.at(bar.share or 0.0) - LEFT
        yield element("rect", x=LEFT, y=_y(top, row), width=width, height=BAR, fill=colour(place), class_=kind)


def _words(group: Group, scale: Scale, top: float) -> Iterator[Markup]:
    yield text(group.name, LEFT, top + 12, "start", "name")
    for row, bar in enumerate(group.bars):
        yield text(bar.words, scale.at(bar.share or 0.0) + 6, _y(top, row) + BAR - 2.5, "start", "label")


def _y(top: float, row: int) -> float:
    return top + HEAD + row * (BAR + 2)


def _mark(mark: Bar | None, scale: Scale, height: float) -> Iterator[Markup]:
    if mark is None or mark.share is None:
        return
    x = scale.at(mark.share)
    half = len(mark.words) * LETTER / 2
    yield line(x, 18, x, height, "mark over")
    yield text(mark.words, min(max(x, half), WIDTH - half), 12, "middle", "label strong")
