"""Writes committed chunks to Redis in a thread of its own, one at a time, while the next one is made."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from stream_app.worker.gauges import Gauges
from stream_app.worker.lane import Lane
from stream_app.worker.store import Mark, PartitionLost, Store
from stream_app.worker.work import LaneWork

Lost = list[tuple[Lane, PartitionLost]]


class Applier:
    """Redis may lag the changelog by one chunk, never lead it."""

    def __init__(self, store: Store, gauges: Gauges) -> None:
        self._store = store
        self._gauges = gauges
        self._thread = ThreadPoolExecutor(1, "apply")
        self._under_way: tuple[Future[Lost], list[LaneWork]] | None = None

    def start(self, works: list[LaneWork], positions: dict[int, int]) -> None:
        """Begin to write a committed chunk; the one before must be finished."""
        assert self._under_way is None
        for work in works:
            assert work.write is not None
            lane = work.lane
            lane.unapplied = work.outcome.touched
            lane.lease.promised = Mark(positions[lane.partition], work.write.customers)
        self._under_way = (self._thread.submit(self._run, works, positions), works)

    def finish(self, *, is_patient: bool = True) -> Lost:
        """Return what Redis refused of the chunk under way; an impatient caller only looks whether it is done."""
        if self._under_way is None or not (is_patient or self._under_way[0].done()):
            return []
        future, works = self._under_way
        self._under_way = None
        lost = future.result()
        for work in works:
            work.lane.unapplied = {}
        return lost

    def close(self) -> None:
        """Finish what is under way."""
        self._thread.shutdown()

    def _run(self, works: list[LaneWork], positions: dict[int, int]) -> Lost:
        with self._gauges.apply():
            return self.apply(works, positions)

    def apply(self, works: list[LaneWork], positions: dict[int, int]) -> Lost:
        """Write the states of every partition, and move its position, both or neither."""
        lost: Lost = []
        for work in works:
            lane, write = work.lane, work.write
            assert write is not None
            try:
                self._store.apply(
                    lane.lease,
                    work.rows,
                    position=positions[lane.partition],
                    source_position=write.source_position,
                    meta=write.meta,
                    customers=write.customers,
                )
            except PartitionLost as refused:
                lost.append((lane, refused))
        return lost
