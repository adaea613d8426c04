"""The demo's one changing thing: the latest snapshot, replaced as a whole by whoever knows more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Lock
from typing import Any

from stream_app.demo.drawing.snapshot import (
    HISTORY,
    JARS,
    KAFKA,
    MODEL,
    REDIS,
    SHOP,
    TOPICS,
    WORKER,
    Seen,
    Snapshot,
    Step,
)

ORDER = (JARS, REDIS, KAFKA, TOPICS, SHOP, MODEL, WORKER, HISTORY)


class Board:
    """Written by several threads, read by the one that draws."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._began = now()
        self._lock = Lock()
        self._snapshot = Snapshot(steps=tuple(Step(name) for name in ORDER))

    def seconds(self) -> float:
        """Return the time since the demo's start."""
        return self._now() - self._began

    def snapshot(self) -> Snapshot:
        """Return what is known now."""
        return replace(self._snapshot, seconds=self.seconds())

    def change(self, **fields: Any) -> None:
        """Replace fields of the snapshot."""
        with self._lock:
            self._snapshot = replace(self._snapshot, **fields)

    def take(self, seen: Seen) -> None:
        """Take in what a look found."""
        with self._lock:
            now = self._snapshot
            first = self.seconds() if now.first_change is None and seen.causes else now.first_change
            sizes = tuple(replace(one, households=seen.households.get(one.id, 0)) for one in now.segments)
            self._snapshot = replace(
                now, records=seen.records, orders_per_second=seen.records_per_second, dead_letters=seen.dead_letters,
                segments=sizes, moves=seen.moves, causes=seen.causes, first_change=first,
                clock_us=seen.clock_us, moved_by_time=seen.moved_by_time,
            )  # fmt: skip

    def end_orders(self, last_order_us: int) -> None:
        """Note the instant after which nobody buys, and how large the segments were then."""
        with self._lock:
            sizes = tuple(replace(one, at_last_order=one.households) for one in self._snapshot.segments)
            self._snapshot = replace(self._snapshot, last_order_us=last_order_us, segments=sizes)

    def say(self, name: str, words: str, *, done: int = 0, total: int = 0) -> None:
        """Say how far a step has come."""
        self._change_step(name, words=words, done=done, total=total)

    def begin(self, name: str, words: str) -> None:
        """Begin a step."""
        self._change_step(name, words=words, began=self.seconds())

    def end(self, name: str, words: str) -> None:
        """End a step with the words that stay beside it."""
        self._change_step(name, words=words, ended=self.seconds())

    def _change_step(self, name: str, **fields: Any) -> None:
        with self._lock:
            self._snapshot = self._snapshot.with_step(replace(self._snapshot.step(name), **fields))
