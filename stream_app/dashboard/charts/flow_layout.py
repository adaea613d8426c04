"""Where the bands of a flow diagram lie: pure geometry, from who went where to polygons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stream_app.dashboard.answers import Migration, Named

NEW, LAPSED = Named("", "First seen or back"), Named("", "Lapsed")
GAP = 0.03
"""Between two nodes, as a part of the diagram's height."""
SAMPLES = 24
"""Points along a band: so many look round."""


@dataclass(frozen=True)
class Flow:
    """So many customers went from one node to another."""

    start: Named
    end: Named
    customers: int


@dataclass(frozen=True)
class Node:
    """One segment on one side: from `top` down to `bottom`, between 0 and 1."""

    segment: Named
    is_left: bool
    customers: int
    top: float
    bottom: float


@dataclass(frozen=True)
class Band:
    """One flow's way from left to right."""

    flow: Flow
    left: tuple[float, float]
    right: tuple[float, float]

    def outline(self) -> Iterator[tuple[float, float, float]]:
        """Yield across, upper and lower edge, all between 0 and 1."""
        for step in range(SAMPLES + 1):
            x = step / SAMPLES
            bend = x * x * (3 - 2 * x)
            yield (
                x,
                self.left[0] + (self.right[0] - self.left[0]) * bend,
                self.left[1] + (self.right[1] - self.left[1]) * bend,
            )


def flows_of(migrations: Sequence[Migration]) -> list[Flow]:
    """Return the flows between different nodes, causes summed up, the largest first."""
    sums: dict[tuple[Named, Named], int] = {}
    for step in migrations:
        pair = (step.from_ or NEW, step.to or LAPSED)
        if pair[0] != pair[1]:
            sums[pair] = sums.get(pair, 0) + step.customers
    return sorted((Flow(*pair, n) for pair, n in sums.items() if n > 0), key=lambda flow: -flow.customers)


def lay_out(flows: Sequence[Flow], order: Sequence[str]) -> tuple[list[Node], list[Band]]:
    """Return nodes and bands, both sides in the segments' order and with those in no segment last."""
    left = _side(flows, order, is_left=True)
    right = _side(flows, order, is_left=False)
    scale = 1 / max(1, sum(flow.customers for flow in flows)) * (1 - GAP * (max(len(left), len(right)) - 1))
    tops = {(node.segment, node.is_left): node.top for node in left + right}
    bands = []
    ends = {node.segment: place for place, node in enumerate(right)}
    starts = {node.segment: place for place, node in enumerate(left)}
    for flow in sorted(flows, key=lambda flow: (starts[flow.start], ends[flow.end])):
        height = flow.customers * scale
        a, b = tops[flow.start, True], tops[flow.end, False]
        bands.append(Band(flow, (a, a + height), (b, b + height)))
        tops[flow.start, True] += height
        tops[flow.end, False] += height
    return left + right, bands


def _side(flows: Sequence[Flow], order: Sequence[str], *, is_left: bool) -> list[Node]:
    sums: dict[Named, int] = {}
    for flow in flows:
        node = flow.start if is_left else flow.end
        sums[node] = sums.get(node, 0) + flow.customers
    places = {name: place for place, name in enumerate(order)}
    wanted = sorted(sums, key=lambda node: places.get(node.id, len(places)))
    other = {flow.end if is_left else flow.start for flow in flows}
    room = 1 - GAP * (max(len(wanted), len(other)) - 1)
    total, top, nodes = max(1, sum(sums.values())), 0.0, []
    for node in wanted:
        height = sums[node] / total * room
        nodes.append(Node(node, is_left, sums[node], top, top + height))
        top += height + GAP
    return nodes
