"""What a deployment decided once and every evaluation obeys."""

from __future__ import annotations

from dataclasses import dataclass, field

from stream_app.core.erasure import ErasureKey
from stream_app.core.instants import DAY_US
from stream_app.core.partitioner import Partitioner


@dataclass(frozen=True)
class Rules:
    """The settings that change what an order leads to."""

    deployment: str
    orders_topic: str
    partitions: int
    window_days: int | None
    currency: str
    partitioner: Partitioner = Partitioner.MURMUR2
    is_wall_clock: bool = False
    """Then a tick is bounded by its record timestamp like an order."""
    erasure_key: ErasureKey | None = field(default=None, repr=False)
    """By which markers and later orders of erased people are known."""
    has_breaker: bool = True
    """False: what was mostly bad when it came is passed over when it is read again."""

    @property
    def window(self) -> int | None:
        """The window in microseconds, None when orders count for ever."""
        return None if self.window_days is None else self.window_days * DAY_US
