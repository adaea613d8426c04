"""How far today's customers are from those that a model learned from: the population stability index (PSI).

PSI = Σ (actual − expected) · ln(actual / expected) over the parts of a distribution. Credit scoring, where it comes
from, calls less than 0.1 stable, and more than 0.25 a reason to look at the model again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import log

from model_store.segment_model import Baseline, SegmentModel

STABLE_BELOW = 0.1
RETRAIN_ABOVE = 0.25
SMALLEST_SHARE = 1e-4
"""A part that nobody is in counts as if one in ten thousand were: a logarithm needs something."""

SEGMENTS = "segments"


def psi(expected: Sequence[float], actual: Sequence[float]) -> float:
    """Return the index of two distributions over the same parts, each a list of shares that sum to 1."""
    pairs = [(max(e, SMALLEST_SHARE), max(a, SMALLEST_SHARE)) for e, a in zip(expected, actual, strict=True)]
    return sum((a - e) * log(a / e) for e, a in pairs)


class Census:
    """Counts customers into the parts that a model's baseline has; several are added up."""

    def __init__(self, model: SegmentModel) -> None:
        self.model = model
        self._places = {segment.id: place for place, segment in enumerate(model.segments)}
        self._edges = () if model.baseline is None else model.baseline.edges
        self.counts = [[0] * (len(edges) + 1) for edges in self._edges]
        self.segments = [0] * len(model.segments)
        self.customers = 0

    def add(self, segment_id: str, row: Sequence[float]) -> None:
        """Count a customer in a segment: recency in days, frequency, monetary in currency units, unique products."""
        place = self._places.get(segment_id)
        if place is None:
            return
        self.customers += 1
        self.segments[place] += 1
        for counts, edges, value in zip(self.counts, self._edges, row, strict=False):
            counts[bisect_right(edges, value)] += 1

    def merge(self, other: Census) -> None:
        """Add what another census of the same model has counted."""
        self.customers += other.customers
        self.segments = [a + b for a, b in zip(self.segments, other.segments, strict=True)]
        self.counts = [
            [a + b for a, b in zip(mine, its, strict=True)] for mine, its in zip(self.counts, other.counts, strict=True)
        ]

    def drift(self) -> dict[str, float]:
        """Return the index of each feature and of the segments' shares, to 4 digits; empty while nobody is counted."""
        if not self.customers:
            return {}
        model = self.model
        found = {SEGMENTS: psi([segment.profile.share for segment in model.segments], self._shares(self.segments))}
        if model.baseline is not None:
            for feature, expected, counts in zip(model.features, model.baseline.shares, self.counts, strict=True):
                found[feature] = psi(expected, self._shares(counts))
        return {name: round(index, 4) for name, index in found.items()}

    def _shares(self, counts: Sequence[int]) -> list[float]:
        return [count / self.customers for count in counts]


def baseline_of(columns: Sequence[Sequence[float]], parts: int = 10) -> Baseline:
    """Return where the quantiles of each feature lie, and the share of customers between them.

    Features with few values have fewer parts: equal quantiles are one edge.
    """
    edges = [_quantiles(sorted(column), parts) for column in columns]
    shares = []
    for column, inner in zip(columns, edges, strict=True):
        counts = [0] * (len(inner) + 1)
        for value in column:
            counts[bisect_right(inner, value)] += 1
        shares.append(tuple(count / len(column) for count in counts))
    return Baseline(edges=tuple(edges), shares=tuple(shares))


def _quantiles(ordered: Sequence[float], parts: int) -> tuple[float, ...]:
    found = {ordered[len(ordered) * part // parts] for part in range(1, parts)}
    # Nobody lies below the smallest value: an edge there would make an empty part.
    return tuple(sorted(found - {ordered[0]}))
