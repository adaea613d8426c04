"""What was measured for each number of segments, one small chart a measure, with the chosen one marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from model_store.segment_model import Candidate
from trainer.report.charts.ink import LETTER, chart, inside, line, text, y_axis
from trainer.report.charts.scale import Scale, rounded_up
from trainer.report.markup import Markup, element, number

WIDTH, HEIGHT = 340, 190
LEFT, RIGHT, TOP, BOTTOM = 48, 328, 26, 154


class Curve(NamedTuple):
    """One measure of every k, and what it is held against."""

    words: str
    values: tuple[float, ...]
    limit: float | None = None
    """What a k needs at least."""
    is_share: bool = False
    has_chord: bool = False
    """The line from the first to the last, from which the elbow is farthest."""
    last: float | None = None
    """The end of the axis, where it is known."""


def curve(found: Curve, candidates: Sequence[Candidate]) -> Markup:
    """Return the chart of one measure over k; there are two candidates or more."""
    across, up = scales(found, candidates)
    ks = [candidate.k for candidate in candidates]
    points = [(across.at(k), up.at(value)) for k, value in zip(ks, found.values, strict=True)]
    return chart(
        WIDTH, HEIGHT, f"{found.words} over the number of segments",
        [
            *y_axis(up, LEFT, RIGHT, percent=found.is_share),
            *_ks(across, ks),
            *_limit(found, up, points),
            *([line(*points[0], *points[-1], "chord")] if found.has_chord else []),
            element("polyline", points=" ".join(f"{number(x)},{number(y)}" for x, y in points), class_="curve"),
            *_marks(found, candidates, points),
        ],
    )  # fmt: skip


def scales(found: Curve, candidates: Sequence[Candidate]) -> tuple[Scale, Scale]:
    """Return both axes; that of the measure begins with 0, or below where a value is."""
    most = rounded_up(max(*found.values, found.limit or 0.0), 4) if found.last is None else found.last
    least = min(0.0, *found.values)
    return Scale(candidates[0].k, candidates[-1].k, LEFT + 10, RIGHT - 10), Scale(least, most, BOTTOM, TOP)


def _ks(across: Scale, ks: Sequence[int]) -> Iterator[Markup]:
    yield line(LEFT, BOTTOM, RIGHT, BOTTOM, "axis")
    # Every k up to about a dozen, then every other, every third …
    for k in ks[:: -(-len(ks) // 12)]:
        yield text(str(k), across.at(k), BOTTOM + 16, "middle")
    yield text("number of segments, k", (LEFT + RIGHT) / 2, HEIGHT - 4, "middle", "title")


def _limit(found: Curve, up: Scale, points: Sequence[tuple[float, float]]) -> Iterator[Markup]:
    if found.limit is None:
        return
    y = up.at(found.limit)
    yield line(LEFT, y, RIGHT, y, "limit")
    words = f"at least {found.limit:.0%}" if found.is_share else f"at least {found.limit:g}"
    yield text(words, *_free(words, y, points), "label")


def _free(words: str, y: float, points: Sequence[tuple[float, float]]) -> tuple[float, float, str]:
    """Return where beside the limit words are farthest from the curve: at its left or right, above or below."""
    xs, ys = zip(*points, strict=True)
    width = len(words) * LETTER
    places = [(LEFT + 2, y + dy, "start") for dy in (-5, 14)] + [(RIGHT, y + dy, "end") for dy in (-5, 14)]

    def clearance(place: tuple[float, float, str]) -> float:
        x, base, anchor = place
        left = x if anchor == "start" else x - width
        return float(np.abs(np.interp(np.linspace(left, left + width, 20), xs, ys) - (base - 4)).min())

    return max((place for place in places if place[1] < BOTTOM), key=clearance)


def _marks(found: Curve, candidates: Sequence[Candidate], points: Sequence[tuple[float, float]]) -> Iterator[Markup]:
    for candidate, value, (x, y) in zip(candidates, found.values, points, strict=True):
        fails = found.limit is not None and value < found.limit
        shown = f"{value:.1%}" if found.is_share else f"{value:,.3f}" if abs(value) < 10 else f"{value:,.0f}"
        kind = f"dot{' hollow' if fails else ''}{' chosen' if candidate.is_chosen else ''}"
        if candidate.is_chosen:
            yield line(x, TOP - 8, x, BOTTOM, "mark")
            words = f"k = {candidate.k} chosen: {shown}"
            at, anchor = inside(x, words, WIDTH)
            yield text(words, at, 12, anchor, "label strong")
        elif candidate.is_elbow and found.has_chord:
            at, anchor = inside(x, "elbow", WIDTH)
            yield text("elbow", at, y + 18, anchor, "label")
        yield element(
            "circle", element("title", f"k = {candidate.k}: {shown}"), cx=x, cy=y, r=5 if candidate.is_chosen else 3.5,
            class_=kind,
        )  # fmt: skip
