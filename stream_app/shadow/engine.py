"""The worker's engine over a stretch of the orders topic: the same chunks and transactions, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from confluent_kafka import Consumer

from stream_app.contract.control import Replay
from stream_app.core.inbound import SourceRecord
from stream_app.lookup import Lookup
from stream_app.settings import Settings
from stream_app.worker.allowance import Allowance
from stream_app.worker.assignment import Assignment
from stream_app.worker.engine import Engine
from stream_app.worker.fetch import Fetch
from stream_app.worker.health import Health
from stream_app.worker.transaction import Transaction, Write
from stream_app.worker.work import LaneWork

REST_SECONDS = 0.02
LOOK_SECONDS = 0.5
UNLIMITED = 100_000_000


class Silent(Transaction):
    """Publishes neither changes nor dead letters: what is live has done so."""

    def _produce(self, write: Write) -> None:
        write.changes = []
        write.dead_letters = []
        super()._produce(write)


class Stretched(Fetch):
    """Reads up to the end of each partition's stretch, and at most so many records a second."""

    def __init__(
        self, consumer: Consumer, assignment: Assignment, most: int, ends: list[int], allowance: Allowance
    ) -> None:
        super().__init__(consumer, assignment, most)
        self._chunk_records = most
        self._ends = ends
        self._allowance = allowance

    def next(self, wait_seconds: float) -> dict[int, list[SourceRecord]]:
        """Return the records of the next chunk that lie in the stretch."""
        allowed = self._allowance.left()
        if allowed < 1:
            time.sleep(REST_SECONDS)
            return {}
        self._most = min(self._chunk_records, allowed)
        chunk = super().next(wait_seconds)
        self._allowance.take(sum(map(len, chunk.values())))
        return {partition: kept for partition, records in chunk.items() if (kept := self._within(partition, records))}

    def _within(self, partition: int, records: list[SourceRecord]) -> list[SourceRecord]:
        end = self._ends[partition]
        if records[-1].offset() < end:
            return records
        lane = self._assignment.lanes[partition]
        lane.read_end = max(lane.read_end, end)
        # Live orders follow: nobody needs them here.
        self._assignment.pause(lane)
        return [record for record in records if record.offset() < end]


class HowFar(NamedTuple):
    """How far a replay has come, in all its processes."""

    done: int
    """Offsets behind it, of each partition's stretch and summed."""
    total: int
    due: int
    """Customers whose timers lie before their partition's clock and have not fired."""
    partitions: list[int]
    """The next offset of each partition; its start before anybody has taken it over."""
    paused: dict[int, str]


def how_far(lookup: Lookup, replay: Replay) -> HowFar:
    """Return how far the namespace has come, by what Redis shows."""
    count = len(replay.ends)
    reached, paused, met = list(replay.starts), {}, set()
    for status in lookup.partitions(count):
        if status.position > 0:
            met.add(status.partition)
            reached[status.partition] = max(status.source_position, replay.starts[status.partition])
        if status.paused:
            paused[status.partition] = status.paused
    pairs = zip(reached, replay.starts, replay.ends, strict=True)
    done = sum(min(at, end) - start for at, start, end in pairs)
    total = sum(end - start for start, end in zip(replay.starts, replay.ends, strict=True))
    # A partition that nobody has written yet is not done, however short its stretch.
    due = lookup.due_backlog(count) if done == total and len(met) == count else -1
    return HowFar(done, total, due, reached, paused)


class ShadowEngine(Engine):
    """Ends by itself when every partition stands at the end of its stretch, with nobody due."""

    def __init__(
        self, settings: Settings, health: Health, submit: Callable[[LaneWork], None], replay: Replay, rate: int | None
    ) -> None:
        if not replay.is_published:
            self.transaction_class = Silent
        super().__init__(settings, health, submit)
        self._replay = replay
        self._pace = Allowance(rate or UNLIMITED)
        self._lookup = Lookup(settings)
        self._looked_at = 0.0
        self._closed: set[str] = set()
        """Claims of the partitions whose end is in their state."""
        self.is_done = False

    def _new_fetch(self) -> Fetch:
        ends = self._replay.ends
        return Stretched(self._consumer, self._assignment, self._settings.chunk_records, ends, self._pace)

    def _turn(self) -> bool:
        for lane in self._assignment.lanes.values():
            end, claim = self._replay.ends[lane.partition], lane.lease.claim
            if claim not in self._closed and not lane.paused and lane.reached >= end:
                # Markers of transactions may lie there: without them the next owner begins behind the end.
                lane.progress.source_position = max(lane.progress.source_position, end)
                lane.must_write = True
                self._closed.add(claim)
        found = super()._turn()
        self._look()
        return found

    def _look(self) -> None:
        """Halt when all is done, by this process and by those beside it."""
        now = time.monotonic()
        lanes = self._assignment.lanes.values()
        is_busy = any(lane.lease.claim not in self._closed or lane.may_have_due for lane in lanes)
        if is_busy or self._applier.is_holding or now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        if how_far(self._lookup, self._replay).due == 0:
            self.is_done = True
            self.halt()
