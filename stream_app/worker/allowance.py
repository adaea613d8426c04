"""How many events may go out now, when an operator has said how many a second."""

from __future__ import annotations

import time


class Allowance:
    """Grows with time, by so many a second, and is never more than one second's."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = 0.0
        self._seen_at = time.monotonic()

    def left(self) -> int:
        """Return how many may be taken now."""
        now = time.monotonic()
        self._left = min(float(self._per_second), self._left + (now - self._seen_at) * self._per_second)
        self._seen_at = now
        return int(self._left)

    def take(self, number: int) -> None:
        """Use some of them up."""
        self._left -= number

    def grant(self, number: int) -> None:
        """Let so many more be taken, within a second's."""
        self._left += number
