"""How often a client may ask: a bucket of permits for each, filled at a steady rate."""

from __future__ import annotations

from collections import OrderedDict

MOST_CLIENTS = 10_000
"""The client who asked longest ago is forgotten, and would find a full bucket anyway."""
BURST_SECONDS = 2


class Limits:
    """The buckets of all clients; memory is bounded."""

    def __init__(self, per_second: int) -> None:
        self._rate = per_second
        self._size = float(per_second * BURST_SECONDS)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By client: how full, and when that was."""

    def wait(self, client: str, now: float) -> float:
        """Take a permit and return 0, or return after how many seconds there is one again."""
        if not self._rate:
            return 0.0
        level, since = self._buckets.pop(client, (self._size, now))
        level = min(self._size, level + (now - since) * self._rate)
        is_free = level >= 1
        self._buckets[client] = (level - 1 if is_free else level, now)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if is_free else (1 - level) / self._rate

    def __len__(self) -> int:
        return len(self._buckets)
