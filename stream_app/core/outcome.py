"""How far a partition has come, and what a chunk of its records led to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from stream_app.contract.dead_letter import Refusal
from stream_app.contract.segment_change import Cause
from stream_app.core.announcement import Announcement
from stream_app.core.breaker import Breaker
from stream_app.core.clock import Clock
from stream_app.core.customer import Customer
from stream_app.core.erasure import BlockList
from stream_app.core.inbound import SourceRecord
from stream_app.core.move import Move
from stream_app.core.statistics import Tally


class Stop(StrEnum):
    """Why a partition goes no further, by the code of its pause."""

    BREAKER = "BREAKER"
    """Its input is mostly bad."""
    MARKER_KEY = "MARKER_KEY"
    """What comes next is a marker of an erasure under another key: whose orders are to be dropped cannot be told."""


@dataclass
class Progress:
    """How far a partition has come: all that its meta record says besides the states."""

    partition: int
    source_position: int = 0
    clock: Clock = field(default_factory=Clock)
    breaker: Breaker = field(default_factory=Breaker)
    customers: int = 0
    blocks: BlockList = field(default_factory=BlockList)
    """Who was erased; the changelog holds it entry by entry."""


@dataclass
class Outcome:
    """What a chunk led to."""

    moves: list[Move] = field(default_factory=list)
    changes: list[Announcement] = field(default_factory=list)
    """The moves in words, once the chunk is complete, and what was owed before them."""
    dead_letters: list[tuple[SourceRecord, Refusal]] = field(default_factory=list)
    touched: dict[str, Customer] = field(default_factory=dict)
    newcomers: set[str] = field(default_factory=set)
    """Those of them who were not known before."""
    erased: set[str] = field(default_factory=set)
    """Whose state is to go; who is touched as well has begun anew since."""
    renamed: set[str] = field(default_factory=set)
    """Customers who stay in a segment that another model calls by another name."""
    counts: Counter[str] = field(default_factory=Counter)
    tally: Tally = field(default_factory=Tally)
    stop: Stop | None = None
    """Why the records behind the last one answered were left unread; None: none was."""

    @property
    def is_stopped(self) -> bool:
        """True when the partition has to pause."""
        return self.stop is not None

    def migrations(self) -> dict[tuple[str, str, Cause], int]:
        """Return how often each step was made that is told: from which segment, to which (empty: none), and why."""
        found: dict[tuple[str, str, Cause], int] = {}
        for move in self.moves:
            if move.is_silent:
                continue
            step = (move.old_id, move.new_id, move.cause)
            found[step] = found.get(step, 0) + 1
        return found
