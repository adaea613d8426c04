"""Taking over a partition: the six steps, in the one order in which no former owner can commit unseen.

(a) the committed offset, stable; (b) then the changelog's end, uncommitted records included; (c) the claim
in Redis; (d) the changelog from Redis' position to that end, applied; (e) the last record is a meta record
that agrees with the committed offset; (f) the control topic as far as the meta record knew it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import structlog
from confluent_kafka import OFFSET_INVALID, Consumer, KafkaException, TopicPartition

from stream_app.core.erasure import BlockList
from stream_app.core.erasure_keys import refuse_blocks_of_other_key
from stream_app.core.errors import OutageError, StopError
from stream_app.core.instants import NO_CLOCK
from stream_app.core.outcome import Progress
from stream_app.core.state_record import read_header
from stream_app.core.statistics import (
    FROM_THE_FIRST_ORDER,
    Fields,
    Figures,
    add_fields,
    encode_fields,
    standing_of,
)
from stream_app.settings import Settings
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.adopting import Adopting
from stream_app.worker.basis import Basis
from stream_app.worker.changelog import CALL_SECONDS, ChangelogReader, Logged
from stream_app.worker.kafka_refusals import RIGHTS
from stream_app.worker.meta import (
    META_KEY,
    Meta,
    block_of,
    check_formats,
    check_identity,
    decode_meta,
    encode_meta,
    figures_name,
    progress_of,
)
from stream_app.worker.models import Models
from stream_app.worker.place import START
from stream_app.worker.rows import LOOK_UP, Erasures, Figure, Row, figure_of, row_of
from stream_app.worker.store import NO_ERASURES, RESTORE_SLICE, Held, Lease, Mark, PartitionLost, Store

log = structlog.get_logger("segstream.takeover")

RESTORING = -1
"""The number of customers while a restore is under way: nobody can know it before the end."""

NOTHING = Held(0, None, 0, 0, is_restoring=False)
STALE_MS = 302_400_000
"""Half of delete.retention.ms: a position older than that may have missed a tombstone."""


@dataclass
class TakenOver:
    """A partition that is ours, restored and ready to run."""

    lease: Lease
    progress: Progress
    meta: Meta | None
    active: ActiveModel
    basis: Basis
    figures: Figures


class Erased(NamedTuple):
    """What operators said of erased people."""

    of: Callable[[int], Iterable[str]]
    """Returns the hashes of who is erased and may have orders in a partition."""
    keys: Collection[str]
    """The fingerprints of the keys by which it was done."""


NOBODY = Erased(lambda _: (), ())

Require = Callable[[int, Adopting | None], None]
"""Raises PartitionWaits when a partition is in a swap and could not go on with it."""


class Takeover:
    """One partition's way from assigned to ours; `steps` yields whenever the caller should poll its consumer."""

    def __init__(
        self, partition: int, settings: Settings, consumer: Consumer, reader: ChangelogReader, store: Store,
        basis: Basis, models: Models, erased: Erased = NOBODY, *, window_days_anew: Callable[[], int | None],
        is_damaged: bool = False, start: int = 0, require: Require = lambda *_: None,
    ) -> None:  # fmt: skip
        self.partition = partition
        self._orders = settings.topics.orders
        self._clock_mode = settings.clock
        self._erasure_key = settings.erasure
        self._window_days = settings.window_days
        self._consumer = consumer
        self._reader = reader
        self._store = store
        self._basis = basis
        self._window_days_anew = window_days_anew
        """By which window a partition begins that nobody has counted yet; any other has one of its own."""
        self._models = models
        self._erased = erased
        self._require = require
        self._is_damaged = is_damaged
        self._start = start
        self._lease = Lease(partition, uuid.uuid4().hex)
        self._last_key = META_KEY
        self.result: TakenOver | None = None
        self.restored = 0
        self.to_restore = 0

    def steps(self) -> Iterator[None]:
        """Take the six steps; `result` is set when the iterator ends."""
        committed, end = self.read_ends()
        yield
        held = self.claim()
        yield
        meta = self._checked(held.meta)
        if self._is_damaged or _must_rebuild(held, meta, end):
            yield from self._wipe()
            held, meta = NOTHING, None
        self._lease.mark = Mark(held.position, 0)
        self.to_restore = end - held.position
        for records in self._reader.read(self.partition, held.position, end):
            if records:
                meta = self._apply(records, meta, is_rebuild=held is NOTHING)
            yield
        if self._last_key != META_KEY:
            raise StopError(
                f"Partition {self.partition}: the changelog does not end with its meta record.",
                "Something else writes to the state topic: stop it, and rebuild into a new deployment.",
                code="STATE_TORN",
            )
        basis = self._basis.counting(self._window_days_anew() if meta is None else meta.identity.window_days)
        self._warn_of_other_settings(meta)
        progress = self._agree(meta, committed)
        active = self._models.active(meta, progress.clock.instant, basis.window_days)
        self._require(self.partition, active.adopting)
        self._finish(meta)
        figures = yield from self._figures(meta)
        progress.blocks = yield from self._block_list(meta)
        self.result = TakenOver(self._lease, progress, meta, active, basis, figures)

    def read_ends(self) -> tuple[int | None, int]:
        """Return the committed offset and then the changelog's end: the other order misses a commit in between."""
        committed = self._committed_offset()
        return committed, self._reader.state_end(self.partition)

    def _committed_offset(self) -> int | None:
        """Return the group's offset once no transaction is pending on it, None when there is none."""
        try:
            found = self._consumer.committed([TopicPartition(self._orders, self.partition)], CALL_SECONDS)[0]
        except KafkaException as error:
            if error.args[0].code() in RIGHTS:
                raise
            raise OutageError(
                f"The committed offset cannot be read ({error.args[0].name()}).", code="KAFKA_AWAY"
            ) from error
        if found.error is not None:
            raise OutageError(f"The committed offset cannot be read ({found.error.name()}).", code="KAFKA_AWAY")
        return None if found.offset == OFFSET_INVALID else int(found.offset)

    def claim(self) -> Held:
        """Void every earlier claim and return what Redis holds; keys of a wrong type count as nothing."""
        try:
            return self._store.claim(self._lease)
        except PartitionLost:
            self._is_damaged = True
            return NOTHING

    def _wipe(self) -> Iterator[None]:
        while not self._store.wipe(self._lease):
            yield
        self._store.claim(self._lease)

    def _apply(self, records: list[Logged], meta: Meta | None, *, is_rebuild: bool) -> Meta | None:
        """Apply one slice; return the newest meta record."""
        rows: dict[bytes, Row] = {}
        figures: dict[str, Figure] = {}
        erasures = Erasures()
        for _, key, value in records:
            if entry := block_of(key, value):
                erasures.blocks[entry[0]] = entry[1]
            elif value is None:
                rows.pop(key, None)
                erasures.customers.add(key.decode())
            elif key == META_KEY:
                meta = self._checked(value)
            elif name := figures_name(key):
                figures[name] = figure_of(name, value)
            elif not key.startswith(b"\0"):
                rows[key] = row_of(read_header(value), value, LOOK_UP)
        self._last_key = records[-1][1]
        self.restored += len(records)
        position, found = records[-1][0] + 1, list(figures.values())
        self._write(list(rows.values()), meta, position, RESTORING, found, erasures, is_rebuild=is_rebuild)
        return meta

    def _finish(self, meta: Meta | None) -> None:
        """Say that Redis is whole again; raises PartitionLost when it holds more or fewer customers than it should."""
        self._write([], meta, self._lease.mark.position, 0 if meta is None else meta.customers)
        self._store.check(self._lease, 0, NO_CLOCK)

    def _figures(self, meta: Meta | None) -> Generator[None, None, Figures]:
        """Read the figures that Redis shows, and count the totals when an earlier version left them behind."""
        records: dict[str, bytes] = {}
        while found := self._store.figures(self._lease, max(records, default="")):
            records |= {name: encode_fields(fields) for name, fields in found.items()}
            yield
        if meta is None:
            return Figures(records)
        figures = Figures(records, meta.figures_since or FROM_THE_FIRST_ORDER)
        if meta.figures_since is None:
            counted = yield from self._count()
            figures.begin(counted, meta.clock)
            log.info("figures by day begin", partition=self.partition, since=figures.since)
        return figures

    def _block_list(self, meta: Meta | None) -> Generator[None, None, BlockList]:
        """Read who was erased; a partition that begins anew knows at once whom not to begin with.

        Raises StopError when they were hashed under another key: whose orders to drop could not be told.
        """
        if meta is not None and meta.blocked:
            refuse_blocks_of_other_key(self.partition, meta.erasure_key, self._erasure_key, self._erased.keys)
        blocks = {}
        for found in self._store.blocks(self._lease):
            blocks.update(found)
            yield
        block_list = BlockList(blocks)
        if meta is None:
            for hash_ in self._erased.of(self.partition):
                block_list.block(hash_)
        return block_list

    def _count(self) -> Generator[None, None, Fields]:
        """Add up the partition's customers as they were last evaluated."""
        counted: Fields = {}
        place = START
        while places := self._store.walk(self._lease, place, RESTORE_SLICE):
            place, ids = places[-1], [each.customer_id for each in places]
            for record in self._store.load(self._lease, ids, due_until=NO_CLOCK, due_budget=0)[0]:
                if record is not None:
                    add_fields(counted, standing_of(read_header(record)))
            yield
        return counted

    def _write(
        self, rows: list[Row], meta: Meta | None, position: int, customers: int, figures: Sequence[Figure] = (),
        erasures: Erasures = NO_ERASURES, *, is_rebuild: bool = False,
    ) -> None:  # fmt: skip
        self._store.apply(
            self._lease,
            rows,
            position=position,
            source_position=0 if meta is None else meta.source_position,
            meta=b"" if meta is None else encode_meta(meta),
            customers=customers,
            figures=figures,
            erasures=erasures,
            blocked=0 if meta is None else meta.blocked,
            is_rebuild=is_rebuild,
        )

    def _warn_of_other_settings(self, meta: Meta | None) -> None:
        """Both clocks in one group would age some partitions by the calendar and others not; the window is the state's.

        A swap changes the window while workers run, and each is restarted with a new setting when it suits.
        """
        if meta is None:
            return
        if meta.clock_mode not in ("", self._clock_mode):
            log.warning(
                "another SEGSTREAM_CLOCK", partition=self.partition, state=meta.clock_mode, ours=self._clock_mode
            )
        if meta.identity.window_days != self._window_days:
            log.warning(
                "another SEGSTREAM_WINDOW_DAYS: that of the state counts",
                partition=self.partition, state=meta.identity.window_days, ours=self._window_days,
            )  # fmt: skip

    def _checked(self, record: bytes | None) -> Meta | None:
        if not record:
            return None
        meta = decode_meta(record)
        check_identity(meta.identity, self._basis.identity)
        check_formats(meta)
        return meta

    def _agree(self, meta: Meta | None, committed: int | None) -> Progress:
        """Return where to start, or stop when the log, the changelog and the offsets tell different stories."""
        low, high = self._reader.orders_bounds(self.partition)
        if meta is None:
            if committed is not None:
                raise StopError(
                    f"The group has committed offset {committed} of partition {self.partition}, "
                    "but the changelog holds no state for it.",
                    "Use a new KAFKA_GROUP_ID to start from the log's beginning.",
                    code="STATE_MISSING",
                )
            return Progress(self.partition, source_position=max(low, self._start))
        if committed is not None and committed != meta.source_position:
            raise StopError(
                f"Partition {self.partition}: the group's offset is {committed}, the state's {meta.source_position}.",
                "Somebody else committed for this group: stop it and set the offset to the state's.",
                code="OFFSETS_DISAGREE",
            )
        if not low <= meta.source_position <= high:
            raise StopError(
                f"Partition {self.partition}: the state stands at offset {meta.source_position}, "
                f"the orders topic holds {low} to {high}.",
                "Orders were lost: restore the topic, or rebuild into a new deployment.",
                code="ORDERS_LOST",
            )
        return progress_of(meta, self.partition)


def _must_rebuild(held: Held, meta: Meta | None, end: int) -> bool:
    """Tell whether what Redis holds cannot be brought up to date by reading on from its position."""
    if held.position > end or is_stale(held.applied_at_ms):
        return True
    if held.is_restoring:
        return False
    if meta is None:
        return held.position > 0 or held.customers > 0
    return meta.customers != held.customers


def is_stale(applied_at_ms: int) -> bool:
    """Tell whether tombstones younger than the position may have been compacted away."""
    return applied_at_ms > 0 and time.time() * 1_000 - applied_at_ms > STALE_MS
