"""Waiting for what a real service does in its own time: polled, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

DONE_SECONDS = 60.0
POLL_SECONDS = 0.05


def wait_for(
    what: str, condition: Callable[[], Any], seconds: float = DONE_SECONDS, said: Callable[[], object] = str
) -> Any:
    """Return the condition's first true answer; fail with what was said when none came in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain until {what}\n{said()}"
        time.sleep(POLL_SECONDS)
    return answer
