"""Commands that kill themselves at a point of their transactions: FAULT_KILL is `<point>:<n>`, the n-th pass of one."""

from __future__ import annotations

import os
import signal
from collections import Counter

PASSES: Counter[str] = Counter()


def hit(point: str) -> None:
    """Count a pass, and kill this process when it is the one."""
    wanted, _, number = os.environ["FAULT_KILL"].partition(":")
    PASSES[point] += 1
    if point == wanted and PASSES[point] == int(number):
        os.kill(os.getpid(), signal.SIGKILL)
