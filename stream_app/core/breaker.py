"""Stops a partition whose input is mostly bad, before a misconfigured shop fills the dead letters."""

from __future__ import annotations

from collections import deque

IN_A_ROW = 100
RECENT = 1_000
MOST_RECENT_BAD = 200


class Breaker:
    """Counts refusals; tripped by 100 in a row, or by more than 20 % of the last 1,000 records."""

    __slots__ = ("_bad", "in_a_row", "read")

    def __init__(self, read: int = 0, in_a_row: int = 0, ages: list[int] | None = None) -> None:
        self.read = read
        self.in_a_row = in_a_row
        self._bad = deque(read - age for age in ages or ())

    def saw(self, *, is_bad: bool) -> None:
        """Count one record."""
        self.read += 1
        if is_bad:
            self.in_a_row += 1
            self._bad.append(self.read)
        else:
            self.in_a_row = 0
        while self._bad and self._bad[0] <= self.read - RECENT:
            self._bad.popleft()

    @property
    def is_tripped(self) -> bool:
        """True when the partition has to pause until somebody resumes it."""
        return self.in_a_row >= IN_A_ROW or (self.read >= RECENT and len(self._bad) > MOST_RECENT_BAD)

    def ages(self) -> list[int]:
        """Return how many records ago each recent refusal was, for the meta record."""
        return [self.read - at for at in self._bad]
