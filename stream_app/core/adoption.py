"""Taking over what another count of the same orders made of a partition's customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from stream_app.core.clock import Clock
from stream_app.core.instants import NO_CLOCK
from stream_app.core.measure import Measure
from stream_app.core.rfm import RfmState


class Adoption(NamedTuple):
    """Each customer exchanges the orders that are held for those of another count, once, at one instant.

    The other count ended at the offset of the partition at which this one was at the instant. Sequence, history and
    standing stay the partition's own; what the exchange does to the segment is one correction.
    """

    id: int
    """Another one for every adoption, and never 0."""
    instant: int
    """The partition's clock when it began."""
    old: Measure
    """What measured until then, and measures whoever has not gone over; the same as after it, or another one."""
    states: Mapping[str, RfmState] = {}
    """Of the customers that the chunk names and who have not gone over: none for whom the other count does not know."""
    is_quiet: bool = False
    """True when the corrections are tagged `replay`, so that subscribers do not act on them."""
    is_patient: bool = False
    """True when corrections of customers whom nothing else touches are published later, little by little."""
    is_silent: bool = False
    """True when the corrections are never published."""

    @property
    def is_before_all(self) -> bool:
        """True when it began before the partition's clock: whoever goes over then waits for the clock's first instant.

        So that must be remembered, and not be forgotten before everybody has gone over.
        """
        return self.instant == NO_CLOCK


def remember_first(clock: Clock) -> None:
    """Let a clock that has not begun remember its first instant, although nobody waits for it here yet."""
    clock.has_history |= clock.instant == NO_CLOCK
