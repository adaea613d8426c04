"""What the old changelog says at its end: everybody's newest state, who is erased, and where each partition stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_app.core.customer import NOT_WAITING
from stream_app.core.erasure import Block
from stream_app.core.errors import SegstreamError
from stream_app.core.instants import NO_CLOCK
from stream_app.core.state_layout import STATE_FORMAT
from stream_app.core.state_record import read_header
from stream_app.repartition.routing import Routing
from stream_app.settings import Settings
from stream_app.topic_log import Bounds, find_bounds, read_between
from stream_app.worker.meta import (
    META_KEY,
    Identity,
    Meta,
    block_of,
    check_formats,
    check_identity,
    decode_meta,
    formats_of,
)

ROLE = "repartition"

Placed = tuple[int, bytes, bytes | None]
"""A record of the new changelog: its partition, its key and its value; None: a tombstone."""


class OldStates:
    """Reads the changelog once, from its beginning; what it has found is whole when `records` has ended."""

    def __init__(self, old: Settings, routing: Routing, identity: Identity) -> None:
        self._old, self._routing, self._identity = old, routing, identity
        self.bounds: Bounds = find_bounds(old, old.topics.state, ROLE)
        self.metas: dict[int, Meta] = {}
        self.customers: list[set[bytes]] = [set() for _ in range(routing.new)]
        """By new partition."""
        self.blocks: dict[str, Block] = {}
        self._waiting: set[bytes] = set()
        self._last_keys: dict[int, bytes] = {}

    def records(self) -> Iterator[list[Placed]]:
        """Yield the customers' records and the block list's, each customer's in order, by their new partition."""
        for step in read_between(self._old, self._old.topics.state, ROLE, self.bounds):
            yield [placed for record in step.records for placed in self._take(record)]

    def _take(self, record: Any) -> Iterator[Placed]:
        key, value, partition = record.key(), record.value(), record.partition()
        self._last_keys[partition] = key
        if (entry := block_of(key, value)) is not None:
            hash_, block = entry
            self.blocks.pop(hash_, None) if block is None else self.blocks.update({hash_: block})
            # A hash does not tell whose it is, nor where their next order will lie.
            yield from ((there, key, value) for there in range(self._routing.new))
        elif key == META_KEY:
            self.metas[partition] = decode_meta(value)
        elif not key.startswith(b"\0"):
            there = self._routing.of(key)
            self._note(key, value, there)
            yield there, key, value

    def _note(self, key: bytes, value: bytes | None, there: int) -> None:
        self._waiting.discard(key)
        if value is None:
            self.customers[there].discard(key)
            return
        self.customers[there].add(key)
        if read_header(value).waits_since != NOT_WAITING:
            self._waiting.add(key)

    def check(self) -> None:
        """Raise SegstreamError unless every order has been answered, and nothing is under way."""
        topic = self._old.topics.orders
        for partition, bounds in find_bounds(self._old, topic, ROLE).items():
            meta = self.metas.get(partition)
            if meta is not None:
                check_identity(meta.identity, self._identity)
                check_formats(meta)
            self._check_drained(partition, bounds, 0 if meta is None else meta.source_position)
            if meta is not None:
                _check_quiet(partition, meta)
            if self._last_keys.get(partition, META_KEY) != META_KEY:
                raise _unready(f"Partition {partition}: the changelog does not end with its meta record", "STATE_TORN")
        for what, values in (
            ("models", {meta.model_version for meta in self.metas.values()}),
            ("windows", {meta.identity.window_days for meta in self.metas.values()}),
        ):
            if len(values) > 1:
                raise _unready(f"The partitions have different {what}", "REPARTITION_BUSY")
        ends = find_bounds(self._old, self._old.topics.state, ROLE, is_committed=False)
        if any(ends[partition][1] != end for partition, (_, end) in self.bounds.items()):
            raise _unready("A worker has begun meanwhile, or its last transaction is open", "REPARTITION_BUSY")
        if self._waiting:
            raise _unready(f"{len(self._waiting):,} customers of loaded history wait to be scored", "REPARTITION_BUSY")

    def _check_drained(self, partition: int, bounds: tuple[int, int], position: int) -> None:
        left: Bounds = {partition: (max(position, bounds[0]), bounds[1])}
        unread = sum(len(step.records) for step in read_between(self._old, self._old.topics.orders, ROLE, left))
        if unread:
            raise _unready(f"Partition {partition} has {unread:,} records that no worker has read", "REPARTITION_BUSY")

    @property
    def oldest_format(self) -> int:
        """The oldest format that a customer's state may have."""
        return min((formats_of(meta)[0] for meta in self.metas.values()), default=STATE_FORMAT)

    @property
    def clock(self) -> int:
        """The furthest of the clocks: a customer's boundaries up to it fire when their new partition begins."""
        return max((meta.clock for meta in self.metas.values()), default=NO_CLOCK)


def _check_quiet(partition: int, meta: Meta) -> None:
    busy = {
        "is paused": bool(meta.paused),
        "is switching to another model": meta.switch is not None,
        "takes over a replay": meta.adoption is not None,
        "has given up a replay that it took over": meta.is_half_swapped,
        "owes events of the last switch": meta.owing is not None,
    }
    found = [words for words, is_so in busy.items() if is_so]
    if found:
        raise _unready(f"Partition {partition} {' and '.join(found)}", "REPARTITION_BUSY")


def _unready(cause: str, code: str) -> SegstreamError:
    return SegstreamError(
        f"{cause}.",
        "Start a worker, see `segstream partitions list` until that is over, end it, and finish again. With "
        "SEGSTREAM_CLOCK=event loaded history waits for a tick: unseal, send one, and seal again.",
        code=code,
    )
