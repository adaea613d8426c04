"""What the worker knows of itself, for /healthz and /readyz: written by the engine's thread, read by the web pages."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from stream_app.core.errors import StopError

STALE_SECONDS = 60.0
HANG_SECONDS = 5.0
"""No chunk takes as long: a call to Kafka or Redis hangs."""


@dataclass
class Health:
    """The truth about a worker, in words."""

    started_at: float = field(default_factory=time.monotonic)
    turned_at: float = field(default_factory=time.monotonic)
    """When the engine last came round; it does at least once a second unless a call to Kafka or Redis hangs."""
    committed_at: float | None = None
    model: str = ""
    problem: str = ""
    """Why the worker waits, as a sentence; empty while nothing is wrong."""
    model_problem: str = ""
    """Why the promoted model is not the one that decides, as a sentence; the one before goes on."""
    assigned: frozenset[int] = frozenset()
    running: frozenset[int] = frozenset()
    waits: dict[int, str] = field(default_factory=dict)
    """What some of the others wait for, as a sentence."""
    is_joined: bool = False
    lag: int = 0
    orders: int = 0
    changes: int = 0
    dead_letters: int = 0
    paused: dict[int, str] = field(default_factory=dict)
    stop: StopError | None = None
    """The reason with which the engine ended."""

    def problems(self) -> list[str]:
        """Return what keeps the worker from being ready; empty when it is."""
        found = [self.problem] if self.problem else []
        if not self.model:
            found = found or ["starting"]
        elif not self.is_joined:
            found.append("not in the consumer group yet")
        if self.model_problem and not self.problem:
            found.append(f"model {self.model} goes on: {self.model_problem}")
        restoring = sorted(self.assigned - self.running - self.waits.keys())
        if restoring:
            found.append(f"restoring partitions {', '.join(map(str, restoring))}")
        if self.lag and self.committed_at is not None and self._age(self.committed_at) > STALE_SECONDS:
            found.append(f"orders wait, and the last commit is {self._age(self.committed_at):.0f} s old")
        if self._age(self.turned_at) > HANG_SECONDS:
            found.append(f"Kafka or Redis has not answered for {self._age(self.turned_at):.0f} s")
        found += [f"partition {p} waits: {why}" for p, why in sorted(self.waits.items())]
        found += [f"partition {p} is paused: {why}" for p, why in sorted(self.paused.items())]
        return found

    def is_alive(self) -> bool:
        """Tell whether the engine still comes round: if not, a restart is the only mend."""
        return self._age(self.turned_at) < STALE_SECONDS * 5

    @staticmethod
    def _age(instant: float) -> float:
        return time.monotonic() - instant
