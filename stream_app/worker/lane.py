"""A partition while it is ours: how far it has come, and the customers kept decoded."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple

from stream_app.core.customer import Customer
from stream_app.core.instants import NO_CLOCK
from stream_app.core.outcome import Progress, Stop
from stream_app.core.state_layout import STATE_FORMAT
from stream_app.core.statistics import Figures
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.basis import Basis, ClockAndWindow
from stream_app.worker.census import LaneCensus
from stream_app.worker.place import Place
from stream_app.worker.store import UNCHECKED, Checked, Lease

BREAKER, MARKER_KEY = Stop.BREAKER.value, Stop.MARKER_KEY.value
CORRUPT_BATCH = "CORRUPT_BATCH"
HELD = "HELD"
HOLD_SECONDS = 30.0
"""So long a partition stands still that was found held, if nobody says more."""


class WallMove(NamedTuple):
    """An instant that the clock may move to once all orders below an offset are folded."""

    instant: int
    end: int


@dataclass
class Lane:
    """One partition that this worker runs."""

    lease: Lease
    progress: Progress
    active: ActiveModel
    basis: Basis
    figures: Figures = field(default_factory=Figures)
    control_position: int = 0
    paused: str = ""
    """The reason code while the partition is paused; empty while it runs."""
    customers: dict[str, Customer] = field(default_factory=dict)
    unapplied: dict[str, Customer] = field(default_factory=dict)
    """Those of them whose newest state is held or being written: what Redis says of them is old."""
    leaving: frozenset[str] = frozenset()
    """Whom the same write takes out of Redis, which still shows them."""
    unclean_since: int = 0
    """`Meta.unclean_since`."""
    written_at: float = 0.0
    """When the partition's last transaction was committed, by `time.monotonic`."""
    nobody_due_until: int = NO_CLOCK
    """Nobody is due at or before this instant: no need to ask again until the clock passes it."""
    checked: Checked = UNCHECKED
    checked_figures: int = 0
    """The place of the figures at which the next look begins."""
    census: LaneCensus = field(default_factory=LaneCensus)
    failures: int = 0
    """How often in a row what lies at `failed_at` could not be read."""
    failed_at: int = -1
    must_write: bool = False
    """True while the meta record does not say yet that the lane is paused, or how far its clock has come."""
    read_end: int = 0
    """Where the broker had nothing more for us: above the last order when markers of transactions follow it."""
    swapped: int = 0
    """`Meta.swapped`."""
    given_up: int = 0
    """`Meta.given_up`."""
    oldest_format: int = STATE_FORMAT
    """`Meta.oldest_format`."""
    held_until: float = field(default_factory=lambda: time.monotonic() + HOLD_SECONDS)
    """While it is held for a swap: when it goes on by itself, by `time.monotonic`."""
    wall_move: WallMove | None = None
    saved_clock: int = NO_CLOCK
    """The clock that the wall clock last had written."""

    @property
    def partition(self) -> int:
        """The partition's number, the same in every topic."""
        return self.progress.partition

    @property
    def clock_and_window(self) -> ClockAndWindow:
        """The clock at which and the window by which it is scored."""
        return self.progress.clock.instant, self.basis.window_days

    @property
    def reached(self) -> int:
        """The offset up to which everything is folded: markers of transactions are nothing to fold."""
        return self.progress.source_position if self.paused else max(self.progress.source_position, self.read_end)

    @property
    def may_have_due(self) -> bool:
        """True when the clock moved since nobody was due; never while paused, when nobody is served."""
        return not self.paused and self.progress.clock.instant > self.nobody_due_until

    @property
    def lateness_seconds(self) -> float:
        """By the partition's clock, how long the earliest boundary has been due; 0 when none is."""
        return max(0.0, self.progress.clock.instant - self.checked.first_due) / 1e6

    @property
    def can_walk(self) -> bool:
        """True while a switch or a swap is on and Redis' index shows where everybody stands who has not gone over."""
        active = self.active
        if not active.is_walking or self.paused:
            return False
        return not self.unapplied or self.unapplied is not active.held_at_begin

    @property
    def can_pay(self) -> bool:
        """True while events of the last switch are owed and Redis' index shows where everybody stands who waits."""
        if self.active.owing is None or self.paused:
            return False
        return not any(customer.owed for customer in self.unapplied.values())

    def follow_wall(self) -> bool:
        """Move the clock as far as the wall clock allows, if all orders that it waits for are folded."""
        move = self.wall_move
        if move is None or self.paused or self.reached < move.end:
            return False
        self.wall_move = None
        self.progress.clock.advance(move.instant)
        return True

    def walk_to(self, place: Place | None) -> None:
        """Note how far everybody has gone over; None: to the end of the index. A swap writes everybody's state anew."""
        adopting = self.active.adopting
        self.active.walk_to(place)
        if adopting is not None and self.active.adopting is None:
            self.oldest_format = max(self.oldest_format, adopting.format)

    def count_failure(self, position: int) -> None:
        """Count that what lies at a position could not be read; success is to stand at another one."""
        self.failures = self.failures + 1 if self.failed_at == position else 1
        self.failed_at = position

    def pause(self, reason: str) -> None:
        """Pause until an operator says so, and owe a meta record that outlives this process."""
        self.paused = reason
        self.must_write = True

    def go_on(self) -> None:
        """Run again from where the state stands."""
        self.paused = ""
        self.failures = 0

    def figures_to_check(self, most: int) -> list[str]:
        """Return the names of the figures to look at next, and begin again behind the last."""
        names, first = self.figures.names(), self.checked_figures
        self.checked_figures = first + most if first + most < len(names) else 0
        return names[first : first + most]

    def keep(self, most: int) -> None:
        """Forget the customers that came in first, when there are more than `most`."""
        surplus = len(self.customers) - most
        if surplus > 0:
            for customer_id in list(self.customers)[: surplus + most // 4]:
                if customer_id not in self.unapplied:
                    del self.customers[customer_id]
