"""How fast a count grows, over the last few seconds."""

from __future__ import annotations

from collections import deque

SPAN_SECONDS = 3.0
"""Shorter spans show single chunks, longer ones are late to tell the truth."""


class Pace:
    """Takes a count now and then, and says its growth a second."""

    def __init__(self, span_seconds: float = SPAN_SECONDS) -> None:
        self._span_seconds = span_seconds
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, now: float, count: int) -> float:
        """Take in a count and return the growth a second since the oldest one in the span.

        >>> pace = Pace(span_seconds=2.0)
        >>> pace.see(0.0, 0), pace.see(1.0, 50), pace.see(3.0, 250)
        (0.0, 50.0, 100.0)
        """
        self._seen.append((now, count))
        while len(self._seen) > 2 and self._seen[1][0] <= now - self._span_seconds:
            self._seen.popleft()
        then, before = self._seen[0]
        return (count - before) / (now - then) if now > then else 0.0
