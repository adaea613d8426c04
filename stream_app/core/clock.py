"""The clock of a partition: it moves with the orders and never goes back."""

from __future__ import annotations

from stream_app.core.instants import NO_CLOCK

AHEAD_US = 300_000_000
"""One order moves the clock at most 5 minutes past its own record timestamp."""

FUTURE_US = 86_400_000_000
"""An order dated a day after its record timestamp is a mistake of the shop's."""


class Clock:
    """The partition's instant, and the advances that customers touched by history still wait for.

    History records are folded unscored; who is touched while the clock stands at T is scored at the
    first instant after T. `advances` remembers that instant for every T that somebody waits on.
    """

    __slots__ = ("advances", "has_history", "instant")

    def __init__(
        self,
        instant: int = NO_CLOCK,
        *,
        has_history: bool = False,
        advances: list[tuple[int, int]] | None = None,
    ) -> None:
        self.instant = instant
        self.has_history = has_history
        """True when a history record was folded since the last advance."""
        self.advances = advances or []

    def advance(self, instant: int) -> None:
        """Move to an instant, or stay when it is not later."""
        if instant <= self.instant:
            return
        if self.has_history:
            self.advances.append((self.instant, instant))
            self.has_history = False
        self.instant = instant

    def after(self, instant: int) -> int:
        """Return the first instant this clock had after one at which history was folded."""
        return next(to for came_from, to in self.advances if came_from == instant)

    def forget(self, until: int) -> None:
        """Drop the advances up to an instant: nobody waits for them any more."""
        self.advances = [advance for advance in self.advances if advance[1] > until]
