"""How long to wait for what is away, and when to stop believing that waiting helps."""

from __future__ import annotations

import time

from stream_app.core.errors import StopError

FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 2.0
FATAL_LIMIT = 3
FATAL_WITHIN_SECONDS = 60.0


class Patience:
    """Waits a little longer after each failure in a row, and counts producers that died."""

    def __init__(self) -> None:
        self._failures = 0
        self._died_at: list[float] = []

    def next_wait(self) -> float:
        """Return how many seconds to wait now."""
        self._failures += 1
        return float(min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(self._failures, 10)))

    def succeeded(self) -> None:
        """Begin again with short waits."""
        self._failures = 0

    def count_death(self, cause: str) -> None:
        """Raise StopError when new producers keep dying."""
        now = time.monotonic()
        self._died_at = [at for at in self._died_at if now - at < FATAL_WITHIN_SECONDS] + [now]
        if len(self._died_at) >= FATAL_LIMIT:
            raise StopError(
                f"The producer failed {FATAL_LIMIT} times in a minute ({cause}).",
                "Look at the brokers' logs, then start the worker again.",
                code="PRODUCER_FATAL",
            )
