"""How far a replay is, in all its processes: a bar on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stream_app.commands.load_screen import LINE_SECONDS, at_most_every, duration
from stream_app.commands.options import say

if TYPE_CHECKING:
    from stream_app.shadow.run import News

Show = Callable[["News"], None]


@contextmanager
def replay_screen() -> Iterator[Show]:
    """Yield what takes the news."""
    if not sys.stderr.isatty():
        yield at_most_every(LINE_SECONDS, lambda news: say(words(news)))
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (BarColumn(bar_width=30), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")

        def show(news: News) -> None:
            reached = news.reached
            progress.update(task, total=reached.total, completed=reached.done, description=words(news))

        yield show


def words(news: News) -> str:
    """Return how far it is, how fast, what is left, and what keeps it."""
    reached = news.reached
    said = f"{reached.done:,} of {reached.total:,} records"
    moved = reached.done - news.done_before
    if moved > 0 and news.seconds > 0:
        said += f" · {moved / news.seconds:,.0f}/s"
        if reached.done < reached.total:
            said += f" · {duration((reached.total - reached.done) * news.seconds / moved)} left"
    if reached.due > 0:
        said += f" · {reached.due:,} timers left"
    paused = [f"partition {partition} is paused: {why}" for partition, why in sorted(reached.paused.items())]
    return " · ".join([said, *(paused or news.problems)])
