"""What is said of a set of measurements: percentiles, median with spread, and the ratio of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of all values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Return the median and, if there are several values, the least and the most.

    >>> spread([3, 1, 2000])
    '3 (1 to 2,000)'
    """
    if len(values) == 1:
        return f"{values[0]:,.{digits}f}"
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def paired_ratios(values: Sequence[float], bases: Sequence[float]) -> list[float]:
    """Return each value as a multiple of the base measured in the same round."""
    return [value / base for value, base in zip(values, bases, strict=True)]
