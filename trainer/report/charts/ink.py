"""What all charts share: the frame, text with a halo, and one colour for each segment."""

from __future__ import annotations

from collections.abc import Iterable

from trainer.report.charts.scale import Scale, short
from trainer.report.markup import Markup, element, number

COLOURS = 7
"""The style sheet's --c0 to --c6: Okabe and Ito's, which people with any colour vision can tell apart."""
LETTER = 5.9
"""Width of a letter of an axis, on the safe side: fonts differ, and nothing here can measure them."""


def colour(place: int) -> str:
    """Return a segment's colour by its place in the model."""
    return f"var(--c{place % COLOURS})"


def chart(width: float, height: float, name: str, children: Iterable[str]) -> Markup:
    """Return a drawing that grows and shrinks with the page; the name is what a screen reader says."""
    return element(
        "svg", element("title", name), *children, viewBox=f"0 0 {number(width)} {number(height)}", role="img",
        class_="chart", style=f"--w:{number(width)}",
    )  # fmt: skip


def text(words: str, x: float, y: float, anchor: str = "start", kind: str = "tick") -> Markup:
    """Return words at a point; kind is the style sheet's class."""
    return element("text", words, x=x, y=y, text_anchor=anchor, class_=kind)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """Return a straight line; kind is the style sheet's class."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=kind)


def inside(x: float, words: str, width: float) -> tuple[float, str]:
    """Return where words at x begin or end so that none of them leaves the drawing."""
    half = len(words) * LETTER / 2
    if x - half < 0:
        return 0.0, "start"
    return (width, "end") if x + half > width else (x, "middle")


def x_axis(scale: Scale, y: float, width: float, about: int = 5) -> Iterable[Markup]:
    """Yield the line below a chart and its round numbers, without those that would touch the one before."""
    yield line(scale.start, y, scale.end, y, "axis")
    free_from = -1.0
    for tick in scale.ticks(about):
        words = short(tick)
        x, anchor = inside(scale.at(tick), words, width)
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * len(words) * LETTER
        if left < free_from:
            continue
        free_from = left + (len(words) + 1) * LETTER
        yield line(scale.at(tick), y, scale.at(tick), y + 4, "axis")
        yield text(words, x, y + 16, anchor)


def y_axis(scale: Scale, x: float, end: float, about: int = 4, *, percent: bool = False) -> Iterable[Markup]:
    """Yield faint lines across a chart, with their round numbers at the left."""
    for tick in scale.ticks(about):
        y = scale.at(tick)
        yield line(x, y, end, y, "grid")
        yield text(f"{tick * 100:g}%" if percent else short(tick), x - 6, y + 4, "end")
