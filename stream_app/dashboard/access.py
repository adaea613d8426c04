"""Who may see the dashboard: those who know its token, and nobody who tries too often."""

from __future__ import annotations

import hmac
import time
from collections import deque

MOST_TRIES, PER_SECONDS = 10, 60.0


def is_token(given: str, expected: str) -> bool:
    """Compare in a time that tells nothing about where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode("utf-8", "surrogatepass"))


class Tries:
    """The wrong tokens of the last minute, of all visitors together."""

    def __init__(self) -> None:
        self._failed: deque[float] = deque(maxlen=MOST_TRIES)

    def wait_seconds(self, now: float) -> float:
        """Return how long nobody may try; 0 when they may.

        >>> tries = Tries()
        >>> for second in range(10):
        ...     tries.fail(float(second))
        >>> tries.wait_seconds(20.0), tries.wait_seconds(60.0)
        (40.0, 0.0)
        """
        if len(self._failed) < MOST_TRIES:
            return 0.0
        return max(0.0, self._failed[0] + PER_SECONDS - now)

    def fail(self, now: float) -> None:
        """Remember a wrong token."""
        self._failed.append(now)


def now_seconds() -> float:
    """Return a time that never goes back."""
    return time.monotonic()
