"""How many events may go out now, or records come in, when an operator has said how many a second."""

from __future__ import annotations

import time
from collections.abc import Callable


class Allowance:
    """Grows with time, by so many a second, and is never more than one second's, besides what is granted.

    What is granted is kept until it is used, however much that is, and used up first: it is for what came live
    meanwhile, and if some of it were lost a replay behind a busy shop would never come near.
    """

    def __init__(self, per_second: int, now: Callable[[], float] = time.monotonic) -> None:
        """`now` counts seconds."""
        self._per_second = per_second
        self._left = 0.0
        self._granted = 0
        self._now = now
        self._seen_at = now()

    def left(self) -> int:
        """Return how many may be taken now."""
        now = self._now()
        self._left = min(float(self._per_second), self._left + (now - self._seen_at) * self._per_second)
        self._seen_at = now
        return self._granted + int(self._left)

    def take(self, number: int) -> None:
        """Use some of them up."""
        granted = min(number, self._granted)
        self._granted -= granted
        self._left -= number - granted

    def grant(self, number: int, most: int) -> None:
        """Let so many more be taken; `most` is how many there are to be taken at all."""
        self._granted = min(self._granted + number, most)
