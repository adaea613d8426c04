"""`segstream replay swap` in a process of its own, the steps at which it can be watched, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stream_app.worker.lane import HELD
from stream_app.worker.meta import Meta
from tests.forks import Fork
from tests.integration.deployment import Deployment
from tests.integration.results import Change
from tests.integration.waiting import wait_for
from tests.integration.worker_process import WorkerProcess

Step = Callable[[Meta], bool]
STEPS: dict[str, Step] = {
    "held": lambda meta: meta.paused == HELD,
    "begun": lambda meta: meta.adoption is not None,
    "beyond": lambda meta: meta.adoption is not None and meta.adoption.is_beyond,
}
"""Where a worker is killed, by what a partition's meta record says."""


def metas(live: Deployment) -> list[Meta]:
    return [meta for p in range(live.partitions) if (meta := live.shown.meta(p)) is not None]


def begin_swap(live: Deployment, into: str, *flags: str) -> tuple[Fork, Path]:
    out = live.folder / "swap.out"
    return live.terminal().begin("replay", "swap", into, "--json", *flags, said=out), out


def ended(child: Fork, out: Path) -> dict[str, Any]:
    assert child.wait(90) == 0, out.read_text()
    return dict(json.loads(next(line for line in out.read_text().splitlines() if line.startswith("{"))))


def cut_off(live: Deployment, into: str, worker: WorkerProcess) -> None:
    """Begin a swap, and end both the worker and the command once every partition is at it."""
    child, out = begin_swap(live, into)
    wait_for("all are at it", lambda: all(map(STEPS["begun"], metas(live))), 60, out.read_text)
    worker.kill()
    child.kill()


class Swapping:
    """A command that swaps, run again as it says itself where the partitions did not stand still in time."""

    def __init__(self, live: Deployment, into: str) -> None:
        self._live, self._into = live, into
        self.tries = 0
        self._begin()

    def _begin(self) -> None:
        self.tries += 1
        self._child, self._out = begin_swap(self._live, self._into)

    def said(self) -> str:
        return self._out.read_text()

    def has(self, step: Step) -> bool:
        """Tell whether a partition is at a step."""
        if self._child.poll() not in (None, 0):
            assert self.said().count("SWAP_TOO_LATE") == self.tries, self.said()
            self._begin()
        return any(map(step, metas(self._live)))

    def ended(self) -> dict[str, Any]:
        return ended(self._child, self._out)


def by_swaps(changes: dict[str, list[Change]]) -> dict[str, list[Change]]:
    """Return each customer's corrections that no order led to."""
    return {
        customer: [each for each in mine if each["cause"] == "correction" and each["source"] is None]
        for customer, mine in changes.items()
    }
