"""What to try against the running demo, with the ids and addresses of this one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from stream_app.core.instants import DAY_US, rfc3339
from stream_app.demo.drawing.ending import Try
from stream_app.demo.drawing.snapshot import Move

QUIET_DAYS = 31


def trials(moves: Iterable[Move], last_us: int, redis_port: int, web_port: int) -> Iterator[Try]:
    """Yield the commands, the most telling ones first."""
    moved = _who_moved(moves)
    if moved is not None:
        yield Try(f"segstream customer {moved.household}", f"just moved to {moved.to}")
    yield Try("segstream tail --from beginning --limit 5", "the first changes")
    yield Try("segstream tail", "changes as they happen")
    yield Try(f"segstream tick --to {_a_month_later(last_us)}", "let a month pass")
    yield Try("segstream partitions list", "how far each partition is")
    if moved is not None and shutil.which("redis-cli"):
        yield Try(f"redis-cli -p {redis_port} HGETALL customer:{moved.household}", "the same from Redis")
    if shutil.which("curl"):
        yield Try(f"curl -s localhost:{web_port}/metrics", "what Prometheus reads")


def _who_moved(moves: Iterable[Move]) -> Move | None:
    """Return somebody who moved from one segment to another, because of an order if anybody did."""
    moved = [move for move in moves if move.from_id and move.to_id]
    by_order = [move for move in moved if "order" in move.because]
    return next(iter([*by_order, *moved]), None)


def _a_month_later(last_us: int) -> str:
    """Return the midnight a month after an instant."""
    return rfc3339((last_us // DAY_US + 1 + QUIET_DAYS) * DAY_US)


def path_export() -> dict[str, str]:
    """Return the PATH with which another terminal finds `segstream`, nothing where it does so already."""
    script = Path(sys.executable).with_name("segstream")
    found = shutil.which("segstream")
    if (found is not None and Path(found).resolve() == script.resolve()) or not script.exists():
        return {}
    return {"PATH": f"{script.parent}:$PATH"}
