"""A feature's histogram: the area of a bar is its part of the customers, so bins need not be equally wide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from trainer.report.bins import Bins
from trainer.report.charts.ink import LETTER, chart, inside, line, text, x_axis
from trainer.report.charts.scale import Scale, short
from trainer.report.markup import Markup, element

WIDTH, HEIGHT = 340, 150
LEFT, RIGHT, TOP, BOTTOM = 8, 332, 38, 122


def histogram(found: Bins, median: float, name: str, *, is_log: bool) -> Markup:
    """Return the chart of one feature; the median is marked."""
    scale = Scale(found.edges[0], found.edges[-1], LEFT, RIGHT, is_log)
    drawn = [*_bars(found, scale), *x_axis(scale, BOTTOM, WIDTH), *_median(median, scale), _peak(found, scale)]
    return chart(WIDTH, HEIGHT, name, drawn)


def _bars(found: Bins, scale: Scale) -> Iterator[Markup]:
    sides = [scale.at(edge) for edge in found.edges]
    widths = [right - left for left, right in pairwise(sides)]
    density = densities(found, scale)
    top = max(density)
    for place, count in enumerate(found.counts):
        if count:
            height = density[place] / top * (BOTTOM - TOP)
            # A hair between bars, where they are wide enough to spare it.
            yield element(
                "rect", element("title", _told(found, place)), class_="bar", x=sides[place], y=BOTTOM - height,
                width=widths[place] - min(0.6, widths[place] / 8), height=height,
            )  # fmt: skip


def densities(found: Bins, scale: Scale) -> list[float]:
    """Return the customers in each bin for its width on the axis."""
    sides = [scale.at(edge) for edge in found.edges]
    return [count / (right - left) for count, (left, right) in zip(found.counts, pairwise(sides), strict=True)]


def _peak(found: Bins, scale: Scale) -> Markup:
    """Return how many customers the tallest bar has; drawn last, its halo covers the line of the median."""
    density = densities(found, scale)
    peak = density.index(max(density))
    words = f"{found.counts[peak]:,} customer{'' if found.counts[peak] == 1 else 's'}"
    x, anchor = inside((scale.at(found.edges[peak]) + scale.at(found.edges[peak + 1])) / 2, words, WIDTH)
    return text(words, x, TOP - 5, anchor, "label")


def _told(found: Bins, place: int) -> str:
    low, high = found.edges[place], found.edges[place + 1]
    return f"{short(round(low, 2))} to {short(round(high, 2))}: {found.counts[place]:,} customers"


def _median(median: float, scale: Scale) -> Iterator[Markup]:
    x = scale.at(min(max(median, scale.first), scale.last))
    words = f"median {short(round(median, 2) if median < 100 else round(median))}"
    is_left = x + 5 + len(words) * LETTER > WIDTH
    yield line(x, 6, x, BOTTOM, "mark")
    yield text(words, x - 5 if is_left else x + 5, 14, "end" if is_left else "start", "label strong")
