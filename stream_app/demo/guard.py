"""Notices when one of the demo's parts ends by itself."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import shorten

from stream_app.core.errors import LocalPartError

SOON_SECONDS = 1.0
POLL_SECONDS = 0.02
MOST_WORDS = 240

Poll = Callable[[], int | None]
Words = Callable[[], str]


class Guard:
    """Asked a few times a second from the thread that draws."""

    def __init__(self) -> None:
        self._over: dict[str, tuple[Poll, Words]] = {}

    @contextmanager
    def over(self, name: str, poll: Poll, last_words: Words) -> Iterator[None]:
        """Guard a part while this lasts: a part that we end ourselves is not missed."""
        self._over[name] = poll, last_words
        try:
            yield
        finally:
            self._over.pop(name)

    def failure_soon(self) -> LocalPartError | None:
        """Return the same, waiting a moment: who talks to a part that dies may learn of it before its parent does."""
        deadline = time.monotonic() + SOON_SECONDS
        while (failure := self.failure()) is None and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        return failure

    def failure(self) -> LocalPartError | None:
        """Return what to say of a part that has ended by itself, None while all run."""
        for name, (poll, last_words) in list(self._over.items()):
            returncode = poll()
            if returncode is not None:
                return LocalPartError(f"{name} has ended by itself: {_how(returncode, last_words)}", "Start again.")
        return None


def _how(returncode: int, last_words: Words) -> str:
    if returncode == -signal.SIGKILL:
        return "it was killed, by somebody or because memory ran out."
    return f"return code {returncode}; it said: {shorten(last_words() or 'nothing', MOST_WORDS)}"
