"""`segstream demo`: the whole service on one machine, from nothing to live segment changes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.text import Text

from stream_app.demo.board import Board
from stream_app.demo.display import Display, choose_display
from stream_app.demo.drawing.ending import next_steps, summary
from stream_app.demo.folder import demo_folder, full_disk, no_room_left
from stream_app.demo.guard import Guard
from stream_app.demo.interrupts import interruptible, noticing
from stream_app.demo.play import Play, Stage, Wish
from stream_app.demo.show import Show
from stream_app.demo.trials import most_ahead, path_export, trials

HOLD_SECONDS = 0.5


def run_demo(wish: Wish, *, until_done: bool, display: Display | None = None) -> int:
    """Run the demo until Ctrl-C, or until the data is processed; nothing is left running either way."""
    display = display or choose_display()
    try:
        with interruptible(), demo_folder() as folder:
            _run(display, folder, wish, until_done=until_done)
    except KeyboardInterrupt:
        display.say([Text("Stopped; nothing is left running.")])
    except BrokenPipeError:
        # Whoever read our lines has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _run(display: Display, folder: Path, wish: Wish, *, until_done: bool) -> None:
    board, guard = Board(), Guard()
    with ExitStack() as stack, _full_disk_told(folder):
        with Show(board, guard, display) as show:
            play = Play(Stage(board, guard, show, stack, folder), wish)
            with noticing():
                play.start()
                play.stream()
                play.age()
                if not until_done:
                    play.wait_for_pages()
        now = board.snapshot()
        display.say(summary(now, display.width))
        if not until_done:
            parts = play.parts
            ahead = most_ahead(now.moves, parts.settings)
            commands = trials(ahead, play.last_us, parts.redis.port, parts.settings.web_port)
            display.say([Text(), *next_steps(now.pages, path_export() | parts.exports(), list(commands))])
            with noticing():
                _hold(guard)


def _hold(guard: Guard) -> None:
    while (failure := guard.failure()) is None:
        time.sleep(HOLD_SECONDS)
    raise failure


@contextmanager
def _full_disk_told(folder: Path) -> Iterator[None]:
    """Whatever failed: if the disk has run full, that is what to say.

    To be left before anything is tidied up: that makes room.
    """
    try:
        yield
    except Exception as error:
        if no_room_left(folder, error):
            raise full_disk(folder) from error
        raise
