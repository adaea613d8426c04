"""Follows a running demo from outside, as any subscriber and any reader could."""

from __future__ import annotations

import time
from collections import Counter, deque

from stream_app.contract.segment_change import ChangeMessage, decode_change
from stream_app.core.instants import NO_CLOCK, parse_instant
from stream_app.demo.drawing.snapshot import Move, Seen
from stream_app.demo.feed import move_of
from stream_app.demo.pace import Pace
from stream_app.demo.parts import PARTITIONS, Parts
from stream_app.lookup import Lookup, PartitionStatus
from stream_app.tail import FROM_BEGINNING, Changes

KEPT_MOVES = 40
KEPT_IDS = 100_000

WAITING_MOVES = 4
"""Changes come in bursts, a chunk's at once: so many of each cause are shown one after the other."""

METRICS_SECONDS = 1.0
HISTORY_CAUSE = "history"

MOVE_SECONDS = 0.4
"""No new move is shown before the last one could be read."""


class Watch:
    """Looks at Redis, at the topic of changes and at the worker's metrics."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._lookup = Lookup(parts.settings)
        self._changes = Changes(parts.settings, start=FROM_BEGINNING)
        self._pace = Pace()
        self._names: dict[tuple[int, int], str] = {}
        self._places: deque[tuple[int, int]] = deque()
        self._causes: Counter[str] = Counter()
        self._moves: deque[Move] = deque(maxlen=KEPT_MOVES)
        self._moved_at = 0.0
        self._waiting: dict[str, deque[ChangeMessage]] = {}
        """The newest changes of each cause that were not shown."""
        self._shown_cause = ""
        self._changed_at = time.monotonic()
        self._dead_letters = 0
        self._metrics_at = 0.0
        self._last_order_us: int | None = None
        self._moved_by_time: set[str] = set()

    def delivered(self, order_id: str, partition: int, offset: int) -> None:
        """Remember which order stands where, so that a change can name it."""
        self._names[(partition, offset)] = order_id
        self._places.append((partition, offset))
        if len(self._places) > KEPT_IDS:
            del self._names[self._places.popleft()]

    def look(self, segment_ids: list[str]) -> Seen:
        """Return how things stand."""
        now = time.monotonic()
        self._read_changes(now)
        if now - self._metrics_at >= METRICS_SECONDS:
            self._metrics_at = now
            self._dead_letters = self._parts.dead_letters()
        partitions = self._lookup.partitions(PARTITIONS)
        records = _records(partitions)
        return Seen(
            records=records,
            records_per_second=self._pace.see(now, records),
            dead_letters=self._dead_letters,
            households=self._lookup.sizes(segment_ids, PARTITIONS),
            moves=tuple(self._moves),
            causes=tuple(self._causes.most_common()),
            clock_us=_clock(partitions),
            moved_by_time=len(self._moved_by_time),
        )

    def records(self) -> int:
        """Return how many records of the orders topic the worker has finished."""
        return _records(self._lookup.partitions(PARTITIONS))

    def end_orders(self, last_order_us: int) -> None:
        """Count whoever moves after this instant: after the last order only time moves anybody."""
        self._last_order_us = last_order_us

    def is_done(self, records: int) -> bool:
        """Tell whether the worker has finished so many records and everybody who was due."""
        return self.records() >= records and self._lookup.due_backlog(PARTITIONS) == 0

    def seconds_since_change(self) -> float:
        """Return for how long no change has come."""
        return time.monotonic() - self._changed_at

    def _read_changes(self, now: float) -> None:
        while values := list(self._changes.read(0.0)):
            self._changed_at = now
            for value in values:
                change = decode_change(value)
                cause = HISTORY_CAUSE if change.replay else change.cause
                self._causes[cause] += 1
                self._count_quiet(change)
                if cause != HISTORY_CAUSE:
                    self._waiting.pop(HISTORY_CAUSE, None)
                self._waiting.setdefault(cause, deque(maxlen=WAITING_MOVES)).append(change)
        if self._waiting and now - self._moved_at >= MOVE_SECONDS:
            self._moved_at = now
            self._show_one()

    def _count_quiet(self, change: ChangeMessage) -> None:
        if self._last_order_us is not None and (parse_instant(change.as_of) or 0) > self._last_order_us:
            self._moved_by_time.add(change.customer_id)

    def _show_one(self) -> None:
        """Show the newest change of a cause, rather of another one than the last time."""
        cause = min(self._waiting, key=lambda cause: cause == self._shown_cause)
        self._moves.appendleft(self._move(self._waiting[cause].pop()))
        self._shown_cause = cause
        if not self._waiting[cause]:
            del self._waiting[cause]

    def _move(self, change: ChangeMessage) -> Move:
        source = change.source
        place = None if source is None else (int(source["partition"]), int(source["offset"]))
        return move_of(change, self._names.get(place) if place else None)

    def close(self) -> None:
        """Leave the brokers."""
        self._changes.close()


def _records(partitions: list[PartitionStatus]) -> int:
    return sum(status.source_position for status in partitions)


def _clock(partitions: list[PartitionStatus]) -> int | None:
    """Return the earliest clock, None before every partition has one."""
    earliest = min((status.clock for status in partitions), default=NO_CLOCK)
    return None if earliest == NO_CLOCK or len(partitions) < PARTITIONS else earliest
