"""Notices when one of the demo's parts ends by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from stream_app.core.errors import LocalPartError

Words = Callable[[], str]


class Guard:
    """Asked a few times a second from the thread that draws."""

    def __init__(self) -> None:
        self._over: dict[str, tuple[Callable[[], bool], Words]] = {}

    @contextmanager
    def over(self, name: str, is_running: Callable[[], bool], last_words: Words) -> Iterator[None]:
        """Guard a part while this lasts: a part that we end ourselves is not missed."""
        self._over[name] = is_running, last_words
        try:
            yield
        finally:
            self._over.pop(name)

    def failure(self) -> LocalPartError | None:
        """Return what to say of a part that has ended by itself, None while all run."""
        for name, (is_running, last_words) in list(self._over.items()):
            if not is_running():
                return LocalPartError(
                    f"{name} has ended by itself; it said: {last_words() or 'nothing'}", "Start again."
                )
        return None
