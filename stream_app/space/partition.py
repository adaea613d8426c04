"""The Space's one partition: the worker's own steps on records from memory, with Redis behind them and no Kafka."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from model_store.scoring import Scorer
from stream_app.contract.dead_letter import Headers
from stream_app.core.inbound import HISTORY_HEADER, TICK_HEADER, SourceRecord
from stream_app.core.instants import rfc3339
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import read_chunk
from stream_app.history.historic_order import HistoricOrder
from stream_app.operators import now_us
from stream_app.settings import Settings
from stream_app.space.change_log import ChangeLog
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.basis import Basis
from stream_app.worker.lane import Lane
from stream_app.worker.loader import BUSY_BUDGET, IDLE_BUDGET, load_lane
from stream_app.worker.meta import identity_of
from stream_app.worker.store import Lease, Store
from stream_app.worker.work import LaneWork

PARTITIONS = 1
APPEND_TIME = 1
"""The kind of a timestamp that the log has set."""


class Record:
    """A record as Kafka would have handed it over."""

    __slots__ = ("_headers", "_key", "_offset", "_value", "_written_ms")

    def __init__(self, key: bytes | None, value: bytes | None, headers: Headers | None, written_ms: int) -> None:
        self._key, self._value, self._headers, self._written_ms = key, value, headers, written_ms
        self._offset = 0

    def placed(self, offset: int) -> SourceRecord:
        """Return the record at its place in the partition."""
        self._offset = offset
        return self

    def key(self) -> bytes | None:
        """Return the customer id, UTF-8."""
        return self._key

    def value(self) -> bytes | None:
        """Return the order as JSON."""
        return self._value

    def headers(self) -> Headers | None:
        """Return the headers, None when there are none."""
        return self._headers

    def timestamp(self) -> tuple[int, int]:
        """Return its kind, and milliseconds since 1970."""
        return APPEND_TIME, self._written_ms

    def offset(self) -> int:
        """Return its place in the partition."""
        return self._offset


def order_record(order: HistoricOrder, *, is_history: bool = False) -> Record:
    """Return an order as a shop sends it."""
    headers: Headers | None = [(HISTORY_HEADER, b"true")] if is_history else None
    return Record(order.customer_id.encode(), order.to_json(), headers, now_us() // 1_000)


def tick_record(instant: int) -> Record:
    """Return what moves the clock to an instant."""
    return Record(None, None, [(TICK_HEADER, rfc3339(instant).encode())], now_us() // 1_000)


class Partition:
    """Folds chunks as a worker does: the same decoding, core, scripts and words; a chunk is done when Redis has it."""

    def __init__(self, settings: Settings, scorer: Scorer, log: ChangeLog) -> None:
        self._settings = settings
        self._scorer = scorer
        self._log = log
        self._store = Store(settings)
        self.begin()

    def begin(self) -> None:
        """Forget everybody: what comes now is a shop that nobody has seen, and its events are others."""
        lease = Lease(0, uuid.uuid4().hex)
        self._store.claim(lease)
        while not self._store.wipe(lease):
            pass
        self._store.claim(lease)
        settings = self._settings
        rules = replace(settings.rules(PARTITIONS), deployment=f"{settings.deployment}-{lease.claim}")
        identity = identity_of("space", "orders", "states", PARTITIONS, settings.window_days, settings.currency)
        self._lane = Lane(lease, Progress(0), ActiveModel(self._scorer), Basis(rules, identity))
        self.end = 0
        """The offset that the next record will have."""

    def take(self, records: Sequence[Record]) -> None:
        """Fold, score, write to Redis and publish: these records, and all whom time has moved meanwhile."""
        placed = [record.placed(offset) for offset, record in enumerate(records, start=self.end)]
        self.end += len(placed)
        self._chunk(placed)
        while self._lane.may_have_due:
            self._chunk([])

    def _chunk(self, records: Sequence[SourceRecord]) -> None:
        lane = self._lane
        inbound = read_chunk(records, lane.partition, lane.customers, lane.basis.rules)
        work = LaneWork(lane, inbound)
        load_lane(work, self._store, BUSY_BUDGET if records else IDLE_BUDGET)
        work.run()
        work.apply(self._store, lane.lease.mark.position + 1)
        work.remember()
        self._log.append([change.value for change in work.outcome.changes], now_us())
