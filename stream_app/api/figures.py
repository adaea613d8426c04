"""The figures of all segments, now and on three earlier days, read at once and shared for a second."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta

from stream_app.statistics import SegmentTotals, Statistics

DAYS_AGO = (7, 30, 90)
FRESH_SECONDS = 1.0

Totals = dict[str, SegmentTotals]


@dataclass(frozen=True)
class Figures:
    """Customers and money by segment id; empty id: who has lapsed."""

    now: Totals
    earlier: dict[int, Totals]
    """By days ago; empty where it is not known."""
    read_at: float = field(default_factory=time.monotonic)

    @property
    def is_fresh(self) -> bool:
        """Tell whether they may be shown once more."""
        return time.monotonic() - self.read_at < FRESH_SECONDS


def read_figures(statistics: Statistics) -> Figures:
    """Read the figures; days are counted back from the newest clock."""
    today = statistics.today()
    now = statistics.totals()
    if today is None:
        return Figures(now, {})
    then = {days: today - timedelta(days=days) for days in DAYS_AGO}
    totals = statistics.totals_at(then.values())
    return Figures(now, {days: totals[day] for days, day in then.items()})
