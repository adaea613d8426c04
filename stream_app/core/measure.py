"""By what customers are measured: which orders count, and which model scores what they add up to."""

from __future__ import annotations

from typing import NamedTuple

from model_store.scoring import Scorer
from stream_app.core.instants import DAY_US


class Measure(NamedTuple):
    """A model, and the window for which it was trained: both change at once, or the features mislead the model."""

    scorer: Scorer
    window: int | None
    """In microseconds; None: orders count for ever."""

    @classmethod
    def of(cls, scorer: Scorer, window_days: int | None) -> Measure:
        """Return a measure by its window in days."""
        return cls(scorer, None if window_days is None else window_days * DAY_US)

    @property
    def window_days(self) -> int | None:
        """The window in days."""
        return None if self.window is None else self.window // DAY_US
