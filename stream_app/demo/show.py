"""The thread that looks, guards and draws, a few times a second, while the main thread works."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread, main_thread
from typing import Self

from stream_app.demo.board import Board
from stream_app.demo.display import Display
from stream_app.demo.guard import Guard

FRAME_SECONDS = 0.125
LOOK_SECONDS = 0.25


class Show:
    """Open while the demo plays; a failure that this thread notices is raised in the main thread."""

    def __init__(self, board: Board, guard: Guard, display: Display) -> None:
        self._board = board
        self._guard = guard
        self._display = display
        self._is_over = Event()
        self._looking = Lock()
        self._look: Callable[[], None] | None = None
        self._looked_at = 0.0
        self._failure: Exception | None = None
        self._thread = Thread(target=self._run, name="demo-show")

    @contextmanager
    def looking(self, look: Callable[[], None]) -> Iterator[None]:
        """Call this before frames are drawn, and never again once this is left."""
        self._look = look
        try:
            yield
        finally:
            with self._looking:
                self._look = None

    def __enter__(self) -> Self:
        try:
            self._thread.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._end()
        failure = self._failure
        if failure is None and isinstance(error, Exception):
            failure = self._guard.failure_soon()
        if failure is not None:
            raise failure from error

    def _end(self) -> None:
        self._is_over.set()
        while self._thread.is_alive():
            # The thread may have sent its signal in this very moment.
            with suppress(KeyboardInterrupt):
                self._thread.join()

    def _run(self) -> None:
        try:
            with self._display:
                while not self._is_over.wait(FRAME_SECONDS):
                    self._frame()
                self._display.show(self._board.snapshot())
        except Exception as error:
            self._failure = self._guard.failure_soon() or error
            if not self._is_over.is_set():
                # A real signal: the main thread may wait for something that will never come.
                signal.pthread_kill(main_thread().ident or 0, signal.SIGINT)

    def _frame(self) -> None:
        failure = self._guard.failure()
        if failure is not None:
            raise failure
        now = time.monotonic()
        with self._looking:
            if self._look is not None and now - self._looked_at >= LOOK_SECONDS:
                self._looked_at = now
                self._look()
        self._display.show(self._board.snapshot())
