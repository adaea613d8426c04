"""What to try against the running demo, with the ids and addresses of this one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from stream_app.core.instants import DAY_US, rfc3339
from stream_app.demo.drawing.ending import Try
from stream_app.demo.drawing.snapshot import Move
from stream_app.portrait import portrait
from stream_app.settings import Settings

MONTH_DAYS = 31
MOST_ASKED = 20
"""Each costs some milliseconds, and somebody among so many has something before them."""


@dataclass(frozen=True)
class Ahead:
    """A household, and how often it will move if it buys nothing."""

    household: str
    moves: int


def most_ahead(moves: Iterable[Move], settings: Settings) -> Ahead | None:
    """Return who of these has most before them, None when there is nobody."""
    households = dict.fromkeys(move.household for move in moves if move.to_id)
    asked = (Ahead(one, len(portrait(settings, one, None, 0).forecast)) for one in islice(households, MOST_ASKED))
    return max(asked, key=lambda ahead: ahead.moves, default=None)


def trials(ahead: Ahead | None, last_us: int, redis_port: int, web_port: int) -> Iterator[Try]:
    """Yield the commands, the most telling ones first."""
    if ahead is not None:
        yield Try(f"segstream customer {ahead.household}", _what_comes(ahead.moves))
    yield Try("segstream tail --cause aging --from 1h --limit 5", "who moved as time passed")
    yield Try("segstream tail", "changes as they happen")
    yield Try(f"segstream tick --to {_a_month_later(last_us)}", "let another month pass")
    if ahead is not None and shutil.which("redis-cli"):
        yield Try(f"redis-cli -p {redis_port} HGETALL customer:{ahead.household}", "the same from Redis")
    if shutil.which("curl"):
        yield Try(f"curl -s localhost:{web_port}/metrics", "what Prometheus reads")


def _what_comes(moves: int) -> str:
    if not moves:
        return "who they are, and why"
    return "1 move ahead, by time" if moves == 1 else f"{moves} moves ahead, all by time"


def _a_month_later(last_us: int) -> str:
    """Return the midnight a month after an instant."""
    return rfc3339((last_us // DAY_US + 1 + MONTH_DAYS) * DAY_US)


def path_export() -> dict[str, str]:
    """Return the PATH with which another terminal finds `segstream`, nothing where it does so already."""
    script = Path(sys.executable).with_name("segstream")
    found = shutil.which("segstream")
    if (found is not None and Path(found).resolve() == script.resolve()) or not script.exists():
        return {}
    return {"PATH": f"{script.parent}:$PATH"}
