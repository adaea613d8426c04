"""Once a second: are the partitions still ours and whole, is Redis still the one it was, and what do the gauges say."""

from __future__ import annotations

import time

from confluent_kafka import Consumer

from stream_app.settings import Settings
from stream_app.worker.gauges import Gauges
from stream_app.worker.lane import Lane
from stream_app.worker.startup import Startup
from stream_app.worker.store import PartitionLost, Store
from stream_app.worker.swap import release
from stream_app.worker.wall_clock import WallClock

CHECK_SECONDS = 1.0
CALL_SECONDS = 2.0
CHECKED_FIGURES = 100
"""So many records of the figures of each partition are looked at in one check."""


class RedisRestarted(Exception):
    """Redis is another process than before: what it acknowledged may be gone."""


class Watch:
    """Looks after what no order touches."""

    def __init__(self, settings: Settings, store: Store, gauges: Gauges, wall_clock: WallClock) -> None:
        self._topic = settings.topics.orders
        self._store = store
        self._gauges = gauges
        self._wall_clock = wall_clock
        self._looked_at = 0.0
        self._run_id = ""
        self.is_kafka_doubted = False
        """True after the client lost every connection, until a broker has answered."""

    def look(self, consumer: Consumer, startup: Startup, lanes: dict[int, Lane]) -> list[PartitionLost]:
        """Return which partitions are not ours or not whole any more; raises RedisRestarted."""
        now = time.monotonic()
        if now - self._looked_at < CHECK_SECONDS:
            return []
        self._looked_at = now
        if self.is_kafka_doubted:
            consumer.list_topics(self._topic, timeout=CALL_SECONDS)
            self.is_kafka_doubted = False
        self._refuse_another_redis(startup)
        self._wall_clock.ask(lanes)
        lost = []
        for lane in lanes.values():
            startup.cleaning.tend(lane)
            release(lane)
            try:
                self._check(lane)
            except PartitionLost as found:
                lost.append(found)
        startup.look_at_windows()
        self._tell(consumer, lanes)
        return lost

    def _refuse_another_redis(self, startup: Startup) -> None:
        known, self._run_id = self._run_id or startup.run_id, self._store.run_id()
        if self._run_id != known:
            raise RedisRestarted

    def _check(self, lane: Lane) -> None:
        """Look at the next slice of a partition's customers, and count some of them."""
        clock, first_rank = lane.progress.clock.instant, lane.checked.next_rank
        is_mixed = lane.active.is_walking
        stride = 0 if is_mixed else lane.census.stride(lane.active.scorer.model, first_rank, lane.lease.mark.customers)
        lane.checked = self._store.check(lane.lease, first_rank, clock, stride, lane.figures_to_check(CHECKED_FIGURES))
        lane.census.take(lane.checked.shown, clock, is_last=lane.checked.next_rank == 0)

    def _tell(self, consumer: Consumer, lanes: dict[int, Lane]) -> None:
        self._gauges.lag(consumer, lanes)
        self._gauges.drift(lanes)
        self._gauges.figures(lanes)
