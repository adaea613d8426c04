"""Writes committed chunks to Redis in a thread of its own, one at a time, while the next one is made."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from stream_app.worker.gauges import Gauges
from stream_app.worker.lane import Lane
from stream_app.worker.spans import APPLY, Spans
from stream_app.worker.store import PartitionLost, Store
from stream_app.worker.work import LaneWork

Lost = list[tuple[Lane, PartitionLost]]


class Applier:
    """Redis may lag the changelog, by two chunks for the moment after a commit, and never leads it.

    A chunk is held from its commit until the next one has loaded its states: Redis does one thing at a time,
    and a chunk's states would wait for the whole of the write. So nothing is read while a write is under way.
    """

    def __init__(self, store: Store, gauges: Gauges, spans: Spans) -> None:
        self._store = store
        self._gauges = gauges
        self._spans = spans
        self._thread = ThreadPoolExecutor(1, "apply")
        self._held: tuple[list[LaneWork], dict[int, int]] | None = None
        self._under_way: tuple[Future[Lost], list[LaneWork]] | None = None

    @property
    def is_holding(self) -> bool:
        """True while a committed chunk waits to be written."""
        return self._held is not None

    def hold(self, works: list[LaneWork], positions: dict[int, int]) -> None:
        """Take in a committed chunk; the one before must be finished."""
        assert self._held is None
        assert self._under_way is None
        for work in works:
            work.lane.unapplied = work.outcome.touched
            work.lane.leaving = frozenset(work.outcome.erased)
        self._held = (works, positions)

    def start(self, lanes: Mapping[int, Lane]) -> None:
        """Begin to write what is held, of partitions that are still ours."""
        if self._held is None:
            return
        works, positions = self._held
        self._held = None
        works = [work for work in works if lanes.get(work.lane.partition) is work.lane]
        self._under_way = (self._thread.submit(self._run, works, positions), works)

    def finish(self) -> Lost:
        """Wait until Redis holds the chunk under way, if there is one; return what it refused of it."""
        if self._under_way is None:
            return []
        (future, works), self._under_way = self._under_way, None
        lost = future.result()
        for work in works:
            work.lane.unapplied = {}
            work.lane.leaving = frozenset()
        return lost

    def close(self, lanes: Mapping[int, Lane]) -> None:
        """Write what is held, and finish what is under way."""
        self.start(lanes)
        self._thread.shutdown()

    def _run(self, works: list[LaneWork], positions: dict[int, int]) -> Lost:
        with self._gauges.apply():
            return self.apply(works, positions)

    def apply(self, works: list[LaneWork], positions: dict[int, int]) -> Lost:
        """Write the states of every partition, and move its position, both or neither."""
        lost: Lost = []
        for work in works:
            try:
                with self._spans.stage(APPLY, work):
                    work.apply(self._store, positions[work.lane.partition])
            except PartitionLost as refused:
                lost.append((work.lane, refused))
            self._spans.end(work)
        return lost
