"""How far a load is: a bar on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from stream_app.commands.options import say

if TYPE_CHECKING:
    from stream_app.replay.pace import Pace
    from stream_app.replay.resumable import Sent

T = TypeVar("T")

LINE_SECONDS = 5.0
BAR_SECONDS = 0.1
SILENT_SECONDS = 3.0

Show = Callable[["Sent"], None]


@contextmanager
def working(words: str) -> Iterator[Callable[[str], None]]:
    """Show that something takes its time, on a terminal only; yield what says what it is at."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status(f"{words} …") as status:
        yield lambda phase: status.update(f"{phase} …")


@contextmanager
def load_screen(goal: int, last_us: int | None, pace: Pace) -> Iterator[Show]:
    """Yield what takes the news; `goal` orders will be in the topic when this run is done."""

    def words(sent: Sent) -> str:
        return _words(sent, goal, _seconds_left(sent, goal, last_us, pace))

    if sys.stderr.isatty():
        with _bar(goal, words) as show:
            yield show
    else:
        yield at_most_every(LINE_SECONDS, lambda sent: say(words(sent)))


@contextmanager
def _bar(goal: int, words: Callable[[Sent], str]) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=30), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=goal)
        yield at_most_every(
            BAR_SECONDS, lambda sent: progress.update(task, completed=sent.confirmed, description=words(sent))
        )


def at_most_every(seconds: float, show: Callable[[T], None]) -> Callable[[T], None]:
    """Return what passes news on when the last was shown so long ago, and drops it otherwise."""
    shown_at = time.monotonic()

    def seldom(news: T) -> None:
        nonlocal shown_at
        if time.monotonic() - shown_at >= seconds:
            shown_at = time.monotonic()
            show(news)

    return seldom


def _words(sent: Sent, goal: int, seconds_left: float | None) -> str:
    words = f"{sent.confirmed:,} of {goal:,} orders"
    if sent.silent_seconds > SILENT_SECONDS:
        return f"{words} · Kafka has not answered for {sent.silent_seconds:.0f} s: waiting"
    done = sent.confirmed - sent.resumed_from
    words += f" · {done / sent.seconds:,.0f}/s" if sent.seconds > 0 else ""
    if sent.at_us is not None:
        from stream_app.core.instants import rfc3339

        words += f" · at {rfc3339(sent.at_us)[:10]}"
    return f"{words} · {duration(seconds_left)} left" if seconds_left is not None and done < goal else words


def _seconds_left(sent: Sent, goal: int, last_us: int | None, pace: Pace) -> float | None:
    """Return about how long the rest takes: by the pace where one is set, else by the speed so far."""
    left = max(0, goal - sent.confirmed)
    done = sent.confirmed - sent.resumed_from
    times = []
    if pace.speed and sent.at_us is not None and last_us is not None:
        times.append((last_us - sent.at_us) / 1_000_000 / pace.speed)
    if pace.rate:
        times.append(left / pace.rate)
    if not times and done and sent.seconds > 0:
        times.append(left * sent.seconds / done)
    return max(times, default=None)


def duration(seconds: float) -> str:
    """Return a time in words: its two largest units."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
