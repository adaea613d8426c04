"""Counts a sample of a partition's customers beside the check that looks at all of them, to see a model grow old."""

from __future__ import annotations

import time
from collections.abc import Sequence

from model_store.drift import Census
from model_store.segment_model import SegmentModel
from stream_app.core.instants import DAY_US, parse_instant

SAMPLE = 5_000
"""So many of a partition's customers are counted; all of them, if there are fewer."""

PAUSE_SECONDS = 60.0
"""From the end of a count to the next one: a small partition would be counted every second."""

Shown = Sequence[bytes | None]
"""What Redis shows of a customer: segment, last purchase, frequency, monetary, unique products."""


class LaneCensus:
    """Goes once through a partition, slice by slice, and keeps the last count that was finished."""

    def __init__(self) -> None:
        self.finished: Census | None = None
        self._counting: Census | None = None
        self._rests_until = 0.0

    def stride(self, model: SegmentModel, first_rank: int, customers: int) -> int:
        """Return that every so manieth customer of the next slice is to be counted; 0: none."""
        if first_rank == 0:
            is_other = self.finished is not None and self.finished.model is not model
            self._counting = Census(model) if is_other or time.monotonic() >= self._rests_until else None
        if self._counting is None or self._counting.model is not model:
            # Another model has other parts: what was begun for the one before is dropped.
            self._counting = None
            return 0
        return max(1, customers // SAMPLE)

    def take(self, shown: Sequence[Shown], clock: int, *, is_last: bool) -> None:
        """Count customers as they are at the partition's clock; with the last slice the count is finished."""
        counting = self._counting
        if counting is None:
            return
        for segment, last_purchase, *numbers in shown:
            bought_at = parse_instant((last_purchase or b"").decode())
            if segment and bought_at is not None:
                days = max(0, (clock - bought_at) // DAY_US)
                counting.add(segment.decode(), (days, *(float(number or 0) for number in numbers)))
        if is_last:
            self.finished, self._counting = counting, None
            # A new deployment is empty at first, and need not stay unknown for as long.
            self._rests_until = time.monotonic() + PAUSE_SECONDS if self.finished.customers else 0.0
