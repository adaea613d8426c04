"""What two orders topics of different partition counts must have in common. Pure.

A customer's records must be the same in the same order. How they stand among those of others may differ: the old
topic had no order between partitions either.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from stream_app.core.inbound import SourceRecord
from stream_app.repartition.routing import Routing, is_tick

if TYPE_CHECKING:
    from hashlib import _Hash

_MODULUS = 1 << 256


class Fingerprint:
    """Takes records by their place in the new topic; equal fingerprints: equal records, each customer's in order.

    Customers who share the old partition and the new one keep their order among each other, so one digest for each
    pair of partitions does for all of them.
    """

    def __init__(self, routing: Routing) -> None:
        self._routing = routing
        self._chains: dict[tuple[int, int], _Hash] = {}
        self._loose = 0
        self.orders = 0
        """Records in the partition of their key."""
        self.others = 0
        """Ticks, and what was refused because of its key."""

    def take_old(self, record: SourceRecord, partition: int) -> None:
        """Take a record of the old topic, as often as it is copied."""
        for place in self._routing.places(record, partition):
            self.take(record, place)

    def take(self, record: SourceRecord, place: int) -> None:
        """Take a record that lies, or will lie, in a partition of the new topic."""
        key, content = record.key(), _content(record)
        if key is not None and self._routing.of(key) == place and not is_tick(record.headers()):
            self.orders += 1
            cell = self._routing.came_from(key), place
            chain = self._chains.get(cell)
            if chain is None:
                chain = self._chains[cell] = hashlib.sha256()
            chain.update(hashlib.sha256(content).digest())
            return
        self.others += 1
        # Of these only the number counts, and where they lie.
        digest = hashlib.sha256(place.to_bytes(4) + content).digest()
        self._loose = (self._loose + int.from_bytes(digest)) % _MODULUS

    def differences(self, copy: Fingerprint) -> list[str]:
        """Return in words how a copy's fingerprint is another."""
        found = []
        for name, mine, its in (
            ("orders and markers", self.orders, copy.orders),
            ("ticks and refused records", self.others, copy.others),
        ):
            if mine != its:
                found.append(f"{its:,} {name} instead of {mine:,}")
        for cell in sorted(self._chains.keys() | copy._chains.keys()):
            if _digest(self._chains.get(cell)) != _digest(copy._chains.get(cell)):
                found.append(f"customers of old partition {cell[0]} in new partition {cell[1]} differ")
        if self._loose != copy._loose:
            found.append("ticks or refused records differ")
        return found


def _digest(chain: _Hash | None) -> bytes:
    return b"" if chain is None else chain.digest()


def _content(record: SourceRecord) -> bytes:
    """Return what of a record must be the same: all but its place."""
    parts: list[Any] = [record.key(), record.value()]
    for name, value in record.headers() or ():
        parts += [name.encode(), value.encode() if isinstance(value, str) else value]
    sized = (b"-" if part is None else len(part).to_bytes(4) + part for part in parts)
    return record.timestamp()[1].to_bytes(8, signed=True) + b"".join(sized)
