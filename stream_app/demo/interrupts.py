"""The ways in which a demo is told to end, all of them as Ctrl-C."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

AGAIN_SECONDS = 3.0
"""Who presses Ctrl-C twice means it once: a second one would interrupt the tidying up."""
SOON_SECONDS = 0.05


@contextmanager
def interruptible() -> Iterator[None]:
    """Let each signal raise one KeyboardInterrupt in the main thread, again and again until `noticing` sees it.

    C code that calls back into Python can lose it on its way: the Kafka client does. It waits until an
    import is over: from the middle of one, Python may leave with its import lock held, and no other
    thread could import any more.
    """
    told_at = -AGAIN_SECONDS

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal told_at
        now = time.monotonic()
        if now - told_at >= AGAIN_SECONDS:
            told_at = now
            signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
            remind(number, frame)

    def remind(_: int, frame: FrameType | None) -> None:
        if not _is_importing(frame):
            raise KeyboardInterrupt
        signal.setitimer(signal.ITIMER_REAL, SOON_SECONDS, AGAIN_SECONDS)

    before = {number: signal.signal(number, interrupt) for number in SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, remind)
    try:
        yield
    finally:
        _noticed()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def noticing() -> Iterator[None]:
    """Note that an interrupt has arrived here: the tidying up must not be interrupted."""
    try:
        yield
    except KeyboardInterrupt:
        _noticed()
        raise


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def _noticed() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
