"""How many customers ride along with a chunk, so that no order waits long for it to end."""

from __future__ import annotations

BUSY_SECONDS = 0.05
"""So long a chunk with orders may take. Twice that is what an order waits that comes right after it has begun."""
IDLE_SECONDS = 0.25
"""So long one without: the next order may come at any time."""
LEAST = 20
FASTER, SLOWER = 1.1, 0.7


class Pace:
    """Finds by trial how many due customers, or customers of a walk, a partition may serve in one chunk.

    What a customer costs depends on the machine, on Redis and on their orders; only the time that a chunk took tells.
    """

    def __init__(self, most_busy: int, most_idle: int) -> None:
        self._most = {True: most_busy, False: most_idle}
        self._now = {True: most_busy / 4, False: float(most_idle)}

    def budget(self, *, is_busy: bool) -> int:
        """Return how many customers of each partition the next chunk may serve besides its orders."""
        return min(self._most[is_busy], max(LEAST, int(self._now[is_busy])))

    def took(self, seconds: float, *, is_busy: bool, is_full: bool) -> None:
        """Learn from a chunk; `is_full`: a partition had as many of them as it was allowed."""
        if not is_full:
            return
        is_slow = seconds > (BUSY_SECONDS if is_busy else IDLE_SECONDS)
        found = self._now[is_busy] * (SLOWER if is_slow else FASTER)
        self._now[is_busy] = min(self._most[is_busy], max(LEAST, found))
