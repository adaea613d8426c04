"""Puts snapshots on the terminal: one screen that is drawn over and over, or plain lines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from stream_app.demo.drawing import plain
from stream_app.demo.drawing.screen import draw
from stream_app.demo.drawing.snapshot import Snapshot

STATUS_SECONDS = 2.0


class Display(Protocol):
    """Shows snapshots while it is open, and says single lines before and after."""

    @property
    def width(self) -> int:
        """How many columns there are."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, snapshot: Snapshot) -> None:
        """Show how things stand now."""

    def say(self, lines: Sequence[Text]) -> None:
        """Write lines that stay."""


def choose_display() -> Display:
    """Return the screen on a terminal, plain lines elsewhere."""
    console = Console(highlight=False)
    # A forced colour does not make a file a terminal.
    if console.is_terminal and not console.is_dumb_terminal and sys.stdout.isatty():
        return ScreenDisplay(console)
    return LineDisplay()


class ScreenDisplay:
    """The terminal's second screen, so that the first one is as it was when this one closes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, screen=True, auto_refresh=False)
        self._drawn: tuple[tuple[int, int], list[Text]] | None = None

    @property
    def width(self) -> int:
        """How many columns there are."""
        return self._console.width

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Draw the screen, unless it would be the same."""
        width, height = self._console.size
        drawn = (width, height), draw(snapshot, width, height)
        if drawn != self._drawn:
            self._drawn = drawn
            self._live.update(Group(*drawn[1]), refresh=True)

    def say(self, lines: Sequence[Text]) -> None:
        """Write lines that stay, wrapped by the terminal, so that they can be copied whole."""
        for text in lines:
            self._console.print(text, soft_wrap=True)


class LineDisplay:
    """One line after the other to standard output."""

    def __init__(self) -> None:
        self._told = Snapshot()
        self._seen = Snapshot()
        self._status_at = 0.0
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")

    @property
    def width(self) -> int:
        """What most terminals and logs have."""
        return 80

    def __enter__(self) -> Self:
        self._write(plain.opening())
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def show(self, snapshot: Snapshot) -> None:
        """Write which steps have ended, and every two seconds how things stand."""
        for line in plain.finished(self._seen, snapshot):
            self._write(line)
        self._seen = snapshot
        if snapshot.seconds - self._status_at < STATUS_SECONDS:
            return
        self._status_at = snapshot.seconds
        for line in [*plain.status(snapshot), *plain.news(self._told, snapshot)]:
            self._write(line)
        self._told = snapshot

    def say(self, lines: Sequence[Text]) -> None:
        """Write lines as plain text."""
        for text in lines:
            self._write(text.plain)

    @staticmethod
    def _write(line: str) -> None:
        print(line.rstrip(), flush=True)
