"""Writes down what the engine does as metrics."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress

from confluent_kafka import Consumer, TopicPartition
from prometheus_client import Gauge

from model_store.drift import Census
from model_store.scoring import Scorer
from stream_app import metrics
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.errors import OutageError
from stream_app.core.inbound import SourceRecord
from stream_app.core.instants import NO_CLOCK, parse_instant
from stream_app.core.promotions import Promotions
from stream_app.settings import Settings
from stream_app.worker.health import Health
from stream_app.worker.lane import Lane
from stream_app.worker.takeover import Takeover
from stream_app.worker.work import LaneWork

AWAY = {"KAFKA_AWAY": "kafka", "REDIS_AWAY": "redis", "REDIS_WRITE_REFUSED": "redis"}
"""What the worker waits for, by the code of the outage."""

Labels = tuple[str, ...]


class ChunkClock:
    """Adds up how long the agent worked on a chunk, partition by partition."""

    def __init__(self) -> None:
        self.folded_seconds = 0.0

    @contextmanager
    def folding(self) -> Iterator[None]:
        """Count the time spent inside."""
        began = time.perf_counter()
        yield
        self.folded_seconds += time.perf_counter() - began


class Gauges:
    """The engine's side of the metrics, and the totals that the status line shows."""

    def __init__(self, settings: Settings, health: Health) -> None:
        self._group = settings.kafka_group_id
        self._topic = settings.topics.orders
        self._health = health
        self._versions: set[str] = set()
        self._shown: dict[Gauge, set[Labels]] = {}
        self._partitions: set[int] = set()
        self._is_waiting = True

    @contextmanager
    def chunk(self, records: int) -> Iterator[ChunkClock]:
        """Time a chunk: the agent's part of it, and what the transaction takes besides."""
        metrics.CHUNK_RECORDS.observe(records)
        clock = ChunkClock()
        began = time.perf_counter()
        yield clock
        metrics.CHUNK_SECONDS.observe(clock.folded_seconds)
        metrics.TRANSACTION_SECONDS.observe(time.perf_counter() - began - clock.folded_seconds)

    @contextmanager
    def apply(self) -> Iterator[None]:
        """Time writing to Redis."""
        began = time.perf_counter()
        yield
        metrics.APPLY_SECONDS.observe(time.perf_counter() - began)

    def count(self, work: LaneWork) -> None:
        """Count what became of one partition's share of a chunk."""
        outcome, health = work.outcome, self._health
        for result, number in outcome.counts.items():
            metrics.EVENTS.labels(self._topic, result).inc(number)
        for (old_id, new_id, cause), number in outcome.migrations().items():
            metrics.CHANGES.labels(old_id, new_id, cause).inc(number)
        for _, refusal in outcome.dead_letters:
            metrics.DEAD_LETTERS.labels(refusal.code.value).inc()
        if work.inbound:
            self._age(work.lane.partition, work.inbound[0].record)
        health.orders += len(work.inbound)
        health.changes += len(outcome.changes)
        health.dead_letters += len(outcome.dead_letters)

    @staticmethod
    def _age(partition: int, oldest: SourceRecord) -> None:
        """Publish how long a chunk's first order waited, and which one it is."""
        seconds = max(0.0, time.time() - oldest.timestamp()[1] / 1_000)
        metrics.EVENT_AGE.observe(seconds, {"partition": str(partition), "offset": str(oldest.offset())})

    def lag(self, consumer: Consumer, lanes: dict[int, Lane]) -> None:
        """Publish how far every running partition is behind, and its clock."""
        total = 0
        for partition, lane in lanes.items():
            _, end = consumer.get_watermark_offsets(TopicPartition(self._topic, partition), cached=True)
            behind = max(0, end - lane.reached) if end >= 0 else -1
            total += max(0, behind)
            metrics.LAG.labels(self._group, self._topic, str(partition)).set(behind)
            metrics.OFFSET.labels(self._group, self._topic, str(partition)).set(lane.progress.source_position)
            metrics.PAUSED.labels(str(partition)).set(bool(lane.paused))
            metrics.DUE_BACKLOG.labels(str(partition)).set(lane.checked.due)
            metrics.TIMER_LATENESS.labels(str(partition)).set(lane.lateness_seconds)
            if lane.progress.clock.instant != NO_CLOCK:
                metrics.LAST_EVENT.labels(self._topic, str(partition)).set(lane.progress.clock.instant / 1e6)
        self._health.lag = total

    def forget(self, lanes: Collection[int]) -> None:
        """Take back what was published of partitions that somebody else runs now."""
        gone = self._partitions - set(lanes)
        self._partitions = set(lanes)
        for partition in map(str, gone):
            for gauge in (metrics.PAUSED, metrics.DUE_BACKLOG, metrics.TIMER_LATENESS, metrics.MODEL_SWITCHING):
                _remove(gauge, partition)
            for gauge in (metrics.LAG, metrics.OFFSET):
                _remove(gauge, self._group, self._topic, partition)
            _remove(metrics.LAST_EVENT, self._topic, partition)

    def restoring(self, takeover: Takeover | None) -> None:
        """Publish how much of a changelog is still to be read; None: no takeover is under way."""
        left: dict[Labels, float] = {}
        if takeover is not None:
            left[str(takeover.partition),] = max(0, takeover.to_restore - takeover.restored)
        self._show(metrics.RESTORE_REMAINING, left)

    def waits_for(self, outage: OutageError) -> None:
        """Publish what is away."""
        self._is_waiting = True
        dependency = AWAY.get(outage.code)
        if dependency is not None:
            metrics.DEPENDENCY_UP.labels(dependency).set(0)

    def goes_on(self) -> None:
        """Publish that nothing is away any more."""
        if self._is_waiting:
            self._is_waiting = False
            for dependency in AWAY.values():
                metrics.DEPENDENCY_UP.labels(dependency).set(1)

    def models(self, lanes: dict[int, Lane], promotions: Promotions) -> list[str]:
        """Publish which models decide and who is switching; return their versions."""
        for partition, lane in lanes.items():
            metrics.MODEL_SWITCHING.labels(str(partition)).set(lane.active.is_switching)
        deciding = {lane.active.scorer.version: lane.active.scorer for lane in lanes.values()}
        if deciding.keys() != self._versions:
            self._versions = set(deciding)
            self._show_models(deciding.values(), promotions)
        return sorted(deciding)

    def _show_models(self, scorers: Collection[Scorer], promotions: Promotions) -> None:
        said = {scorer.version: promotions.of(scorer.version) for scorer in scorers}
        promoted_at = {version: one and parse_instant(one.at) for version, one in said.items()}
        names = [name for scorer in scorers for name in zip(scorer.ids, scorer.names, strict=True)]
        self._show(metrics.MODEL_INFO, {(scorer.version, str(len(scorer.ids))): 1 for scorer in scorers})
        self._show(metrics.MODEL_PROMOTED, {(version,): at / 1e6 for version, at in promoted_at.items() if at})
        self._show(metrics.SEGMENT_INFO, dict.fromkeys(names, 1))

    def drift(self, lanes: dict[int, Lane]) -> None:
        """Publish how far the customers counted last are from those that their model learned from."""
        sums: dict[str, Census] = {}
        for lane in lanes.values():
            counted = lane.census.finished
            if counted is not None and counted.model is lane.active.scorer.model:
                sums.setdefault(counted.model.version, Census(counted.model)).merge(counted)
        found = {version: counted.drift() for version, counted in sums.items()}
        indices: dict[Labels, float] = {
            (version, feature): index for version, one in found.items() for feature, index in one.items()
        }
        self._show(metrics.DRIFT, indices)

    def figures(self, lanes: dict[int, Lane]) -> None:
        """Publish how many customers each segment has, and how much they spend."""
        customers: Counter[Labels] = Counter()
        monetary: Counter[Labels] = Counter()
        for lane in lanes.values():
            for segment, totals in lane.figures.totals().items():
                customers[segment,] += totals.customers
                monetary[segment,] += totals.monetary
        self._show(metrics.CUSTOMERS, customers)
        self._show(metrics.CUSTOMERS_MONETARY, {labels: money / MONEY_SCALE for labels, money in monetary.items()})

    def _show(self, gauge: Gauge, values: Mapping[Labels, float]) -> None:
        """Publish all that a gauge has to say; a reader meanwhile finds nothing missing or half summed."""
        for labels, value in values.items():
            gauge.labels(*labels).set(value)
        for labels in self._shown.get(gauge, set()) - values.keys():
            _remove(gauge, *labels)
        self._shown[gauge] = set(values)

    def control_refused(self, number: int) -> None:
        """Publish how many control records nobody could read."""
        metrics.CONTROL_REFUSED.set(number)

    def retaken(self, reason: str) -> None:
        """Count a takeover that was not a rebalance."""
        metrics.RETAKES.labels(reason).inc()


def _remove(gauge: Gauge, *labels: str) -> None:
    # Not everything was published of a partition that was here for a moment.
    with suppress(KeyError):
        gauge.remove(*labels)
