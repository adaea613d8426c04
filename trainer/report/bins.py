"""Bins of a histogram that suit what is counted: whole numbers are never cut in two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trainer.fit import Array
from trainer.report.charts.scale import round_step

MOST = 30
"""More bars than this are thinner than a phone can show."""


@dataclass(frozen=True)
class Bins:
    """How many customers lie between each edge and the next."""

    edges: tuple[float, ...]
    """In the feature's own unit, one more than there are counts."""
    counts: tuple[int, ...]


def bins(values: Array, *, unit: float | None, is_log: bool) -> Bins:
    """Return the bins of all values, which are 0 or more.

    Unit None: any number. 1: whole numbers, each in the middle of its bin. 0: whole numbers that were rounded down.
    """
    edges = _fine(values, is_log) if unit is None else _whole(values, unit / 2, is_log)
    counts, _ = np.histogram(values, edges)
    return Bins(tuple(float(edge) for edge in edges), tuple(int(count) for count in counts))


def _fine(values: Array, is_log: bool) -> Array:
    low, high = float(values.min()), float(values.max())
    if is_log and high > low:
        edges: Array = np.expm1(np.linspace(np.log1p(low), np.log1p(high), MOST + 1))
        # Rounding must not leave the smallest and the largest outside.
        edges[0], edges[-1] = low, high
        return edges
    step = round_step(high, MOST)
    return np.arange(0, int(high / step) + 2, dtype=np.float64) * step


def _whole(values: Array, offset: float, is_log: bool) -> Array:
    """Return edges between whole numbers, as far apart as they must be to be few enough."""
    low, high = (int(values.min()) if is_log else 0), int(values.max())
    if not is_log:
        width = int(max(1, round_step(high + 1 - low, MOST)))
        return _from_0(np.arange(low, high + width + 1, width, dtype=np.float64) - offset)
    candidates = _from_0(np.arange(low, high + 2, dtype=np.float64) - offset)
    least = (np.log1p(candidates[-1]) - np.log1p(candidates[0])) / MOST
    return _apart(candidates, least)


def _from_0(edges: Array) -> Array:
    return np.clip(edges, 0.0, None)


def _apart(candidates: Array, least: float) -> Array:
    """Return those edges of which each is at least so far behind the one before, on the logarithm's way."""
    places = np.log1p(candidates)
    kept = [0]
    while (after := int(np.searchsorted(places, places[kept[-1]] + least))) < len(candidates) - 1:
        kept.append(max(after, kept[-1] + 1))
    last = len(candidates) - 1
    if len(kept) > 1 and places[last] - places[kept[-1]] < least:
        # A bin that is too narrow would make a tower of one customer.
        kept.pop()
    return candidates[[*kept, last]]
