"""How fast orders are sent: in their own time sped up, so many a second at most, or as fast as they go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

STEP_SECONDS = 0.2


@dataclass(frozen=True)
class Pace:
    """Both limits hold together; None: no such limit."""

    rate: float | None = None
    """Orders a second."""
    speed: float | None = None
    """Seconds of the orders' own time per second: 60 sends an hour of them in a minute."""

    def due_seconds(self, number: int, since_first_us: int) -> float:
        """Return when the order of this number, from 0, is due: seconds after the first one."""
        by_rate = number / self.rate if self.rate else 0.0
        by_time = since_first_us / 1_000_000 / self.speed if self.speed else 0.0
        return max(by_rate, by_time)


class Metronome:
    """Waits until each order is due, and does something useful meanwhile."""

    def __init__(self, pace: Pace, meanwhile: Callable[[float], None]) -> None:
        self._pace = pace
        self._meanwhile = meanwhile
        self._began = time.monotonic()
        self._number = 0
        self._first_us: int | None = None

    def wait(self, at_us: int) -> None:
        """Wait for an order of this instant; instants never go back."""
        if self._first_us is None:
            self._first_us = at_us
        due = self._began + self._pace.due_seconds(self._number, at_us - self._first_us)
        self._number += 1
        while (left := due - time.monotonic()) > 0:
            self._meanwhile(min(left, STEP_SECONDS))
