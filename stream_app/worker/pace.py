"""How many customers ride along with a chunk, so that no order waits long for it to end."""

from __future__ import annotations

from collections.abc import Callable

BUSY_SECONDS = 0.05
"""So long a chunk may take while orders come. Twice that is what one waits that comes right after it has begun."""
IDLE_SECONDS = 0.25
"""So long while none come: the next one may at any time."""
QUIET_SECONDS = 1.0
"""Orders come as long as the last one is no longer ago: between two of them there are chunks without any."""
LEAST, FIRST = 20, 100
SLOWER, FASTER = 0.5, 1.5
"""From one chunk to the next the number changes by no more."""


class Pace:
    """Finds by trial how many due customers, or customers of a walk, a partition may serve in one chunk.

    What a customer costs depends on the machine, on Redis and on their orders; only the time that a chunk took tells.
    """

    def __init__(self, most_busy: int, most_idle: int, now: Callable[[], float]) -> None:
        """`now` returns seconds that never go back."""
        self._most = {True: most_busy, False: most_idle}
        self._found = {True: float(FIRST), False: float(FIRST)}
        self._clock = now
        self._began = 0.0
        self._last_order = -QUIET_SECONDS
        self._is_busy = False

    def begin(self, *, has_orders: bool) -> int:
        """Return how many customers of each partition the chunk that begins may serve besides its orders."""
        self._began = self._clock()
        if has_orders:
            self._last_order = self._began
        self._is_busy = self._began - self._last_order < QUIET_SECONDS
        return min(self._most[self._is_busy], max(LEAST, int(self._found[self._is_busy])))

    def end(self, *, is_full: bool) -> None:
        """Learn from the chunk that has ended; `is_full`: a partition had as many of them as it was allowed."""
        if not is_full:
            return
        seconds = max(1e-6, self._clock() - self._began)
        aim = BUSY_SECONDS if self._is_busy else IDLE_SECONDS
        found = self._found[self._is_busy] * min(FASTER, max(SLOWER, aim / seconds))
        self._found[self._is_busy] = min(self._most[self._is_busy], max(LEAST, found))
