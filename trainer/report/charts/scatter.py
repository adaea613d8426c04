"""Customers in the first two principal components, coloured by segment, with names at the centroids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trainer.report.charts.ink import COLOURS, chart, colour, line, text, x_axis
from trainer.report.charts.scale import Scale, short
from trainer.report.evidence import Cloud
from trainer.report.markup import Markup, element

WIDTH, HEIGHT = 400, 392
LEFT, RIGHT, TOP, BOTTOM = 40, 392, 8, 346
LETTER, LINE = 8.4, 16
"""Of a name at a centroid, in the widest font that the style sheet may end up with."""
NEAR, ROWS = 17, 12
"""How far from its centroid a name begins to look for a free place, and how many lines it may go; a hair joins them."""
MARGIN = 0.03
"""Part of an axis that stays free at both ends."""


def scatter(cloud: Cloud, names: Sequence[str], explained: Sequence[float]) -> Markup:
    """Return the chart; names are the segments' by place, explained the components' parts of the variance."""
    across, up = scales(cloud)
    return chart(
        WIDTH, HEIGHT, "Customers in the first two principal components, by segment",
        [
            *_axes(across, up, explained, cloud),
            *(_points(cloud, place, across, up) for place in range(len(names))),
            *_centroids(cloud, names, across, up),
        ],
    )  # fmt: skip


def scales(cloud: Cloud) -> tuple[Scale, Scale]:
    """Return both axes: all points and centroids lie within."""
    across = _ends([*cloud.x, *(x for x, _ in cloud.centroids)])
    up = _ends([*cloud.y, *(y for _, y in cloud.centroids)])
    return Scale(*across, LEFT, RIGHT), Scale(*up, BOTTOM, TOP)


def _ends(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    spare = (high - low) * MARGIN or 1.0
    return low - spare, high + spare


def _axes(across: Scale, up: Scale, explained: Sequence[float], cloud: Cloud) -> Iterator[Markup]:
    yield from x_axis(across, BOTTOM, WIDTH)
    yield text(f"1st component: {explained[0]:.1%} of the variance", (LEFT + RIGHT) / 2, HEIGHT - 6, "middle", "title")
    yield line(LEFT, TOP, LEFT, BOTTOM, "axis")
    words = (
        f"2nd component: {explained[1]:.1%} of the variance"
        if cloud.has_second
        else "spread by chance, to see them apart"
    )
    if cloud.has_second:
        for tick in up.ticks():
            yield line(LEFT - 4, up.at(tick), LEFT, up.at(tick), "axis")
            yield text(short(tick), LEFT - 7, up.at(tick) + 4, "end")
    middle = (TOP + BOTTOM) / 2
    yield element(
        "text", words, x=0, y=0, text_anchor="middle", class_="title", transform=f"translate(11 {middle:g}) rotate(-90)"
    )


def _points(cloud: Cloud, place: int, across: Scale, up: Scale) -> Markup:
    """Return one path of dots: as many circles would make the file three times as large."""
    dots = "".join(
        f"M{across.at(x):.1f} {up.at(y):.1f}h0"
        for x, y, segment in zip(cloud.x, cloud.y, cloud.segments, strict=True)
        if segment == place
    )
    # Beyond the colours there are, dots are square.
    cap = "round" if place // COLOURS % 2 == 0 else "square"
    return element("path", d=dots, stroke=colour(place), stroke_linecap=cap, class_="dots")


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


def _centroids(cloud: Cloud, names: Sequence[str], across: Scale, up: Scale) -> Iterator[Markup]:
    marks = [(across.at(x), up.at(y)) for x, y in cloud.centroids]
    for place, (x, y) in enumerate(marks):
        yield element("circle", cx=x, cy=y, r=6, fill=colour(place), class_="centroid")
    taken = [_Box(x - 7, y - 7, x + 7, y + 7) for x, y in marks]
    boxes = []
    for (x, y), name in zip(marks, names, strict=True):
        boxes.append(_free(x, y, len(name) * LETTER, taken))
        taken.append(boxes[-1])
        yield from _lead(x, y, boxes[-1])
    # Names last: their halo covers the hairs that pass behind them.
    for box, name in zip(boxes, names, strict=True):
        yield text(name, (box.left + box.right) / 2, box.bottom - 4, "middle", "name")


def _lead(x: float, y: float, box: _Box) -> Iterator[Markup]:
    """Yield the hair from a centroid to a name that is not right beside it."""
    is_below = box.top > y
    end = box.top if is_below else box.bottom
    if abs(end - y) > NEAR:
        yield line(x, y + (7 if is_below else -7), x, end, "lead")


def _free(x: float, y: float, width: float, taken: Sequence[_Box]) -> _Box:
    """Return the first place around a mark that is free, else the one above it."""
    centre = min(max(x, LEFT + width / 2), WIDTH - width / 2)
    distances = [NEAR + LINE * lines for lines in range(ROWS)]
    over = [
        _Box(centre - width / 2, y + away - LINE / 2, centre + width / 2, y + away + LINE / 2)
        for down in distances
        for away in (-down, down)
        if y + away - LINE / 2 >= TOP and y + away + LINE / 2 <= BOTTOM
    ]
    beside = [
        _Box(left, y - LINE / 2, left + width, y + LINE / 2)
        for left in (x + 10, x - 10 - width)
        if left >= LEFT and left + width <= WIDTH
    ]
    tries = [*over[:2], *beside, *over[2:]]
    return next((box for box in tries if not any(box.meets(other) for other in taken)), tries[0])
