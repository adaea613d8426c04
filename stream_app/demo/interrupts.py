"""The ways in which a demo is told to end, all of them as Ctrl-C."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

AGAIN_SECONDS = 3.0
"""Who presses Ctrl-C twice means it once: a second one would interrupt the tidying up."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Let each signal raise one KeyboardInterrupt in the main thread."""
    told_at = -AGAIN_SECONDS

    def interrupt(*_: object) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= AGAIN_SECONDS:
            told_at = now
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
