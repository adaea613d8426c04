"""Where a record of the old orders topic goes in the new one. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from stream_app.contract.dead_letter import Headers
from stream_app.core.inbound import TICK_HEADER, SourceRecord
from stream_app.core.instants import parse_instant
from stream_app.core.partitioner import Partitioner, partition_of


class Routing(NamedTuple):
    """From so many partitions to so many others, of which there are at least two."""

    old: int
    new: int
    partitioner: Partitioner

    def places(self, record: SourceRecord, partition: int) -> Iterable[int]:
        """Return the new partitions of a record: one, and for a tick all of them.

        What lay in a partition that is not its key's was refused, and lies in a wrong one again.
        """
        if is_tick(record.headers()):
            return range(self.new)
        key = record.key()
        if key is None:
            return (partition % self.new,)
        there = self.of(key)
        return (there if self.came_from(key) == partition else (there + 1) % self.new,)

    def of(self, key: bytes) -> int:
        """Return the new partition of a customer."""
        return _known(partition_of(key, self.new, self.partitioner))

    def came_from(self, key: bytes) -> int:
        """Return the old partition of a customer."""
        return _known(partition_of(key, self.old, self.partitioner))


def is_tick(headers: Headers | None) -> bool:
    """Tell whether a record moves clocks; a malformed tick is a dead letter, of which one is enough."""
    for name, value in headers or ():
        if name == TICK_HEADER:
            text = value.decode("ascii", "replace") if isinstance(value, bytes) else value or ""
            return parse_instant(text) is not None
    return False


def _known(partition: int | None) -> int:
    assert partition is not None, "a partitioner that says where keys belong is required before"
    return partition
