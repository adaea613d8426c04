"""Reads a segment's customers from its index in Redis: page by page, or an even sample."""

from __future__ import annotations

from typing import Any, NamedTuple

from model_store.scoring import FeatureRow
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.instants import DAY_US, parse_instant
from stream_app.lookup import Lookup
from stream_app.settings import Settings

FIELDS = ("segment", "since", "valid_until", "recency_at", "frequency", "monetary", "unique_products")


class Shown(NamedTuple):
    """A customer as their hash in Redis shows them; times are empty when never."""

    customer_id: str
    segment: str
    since: str
    valid_until: str
    recency_at: str
    frequency: int
    monetary: float
    unique_products: int

    def row(self, clock: int) -> FeatureRow | None:
        """Return what a scorer takes, at a clock; None without a purchase."""
        last = parse_instant(self.recency_at)
        if last is None:
            return None
        money = round(self.monetary * MONEY_SCALE)
        return max(0, (clock - last) // DAY_US), self.frequency, money, self.unique_products


class Mark(NamedTuple):
    """The last customer that was read: who, in which partition, and since when in the segment."""

    partition: int
    since: int
    customer_id: str


class Members:
    """The customers of the segments of one deployment."""

    def __init__(self, settings: Settings, lookup: Lookup) -> None:
        self._prefix = settings.redis_prefix
        self._lookup = lookup

    def page(self, segment: str, mark: Mark | None, limit: int) -> tuple[list[Shown], Mark | None]:
        """Return the next customers, partition by partition and who came first at first, and where to go on.

        Whoever stays in the segment comes exactly once, whatever others do meanwhile.
        """
        partitions = self._lookup.partition_count()
        partition = mark.partition if mark is not None else 0
        found: list[bytes] = []
        after: Mark | None = None
        while partition < partitions and len(found) < limit:
            key = self._key(segment, partition)
            start = self._rank_after(key, mark) if mark is not None and mark.partition == partition else 0
            members = self._ranks(key, start, start + limit - len(found) - 1, withscores=True)
            if members:
                found += [customer for customer, _ in members]
                after = Mark(partition, int(members[-1][1]), found[-1].decode())
            partition += 1
        return self.shown(segment, found), after

    def sample(self, segment: str, most: int) -> list[Shown]:
        """Return customers from evenly spread places of the index: the same ones as long as nobody moves."""
        keys = [self._key(segment, partition) for partition in range(self._lookup.partition_count())]
        sizes: list[int] = self._lookup.ask(lambda pipe: [pipe.zcard(key) for key in keys])
        total = sum(sizes)
        wanted = []
        for key, size in zip(keys, sizes, strict=True):
            share = min(size, -(-size * most // total)) if total else 0
            wanted += [(key, number * size // share) for number in range(share)]
        picked = self._lookup.ask(lambda pipe: [pipe.zrange(key, rank, rank) for key, rank in wanted[:most]])
        return self.shown(segment, [member for members in picked for member in members])

    def shown(self, segment: str, customers: list[bytes]) -> list[Shown]:
        """Return customers as Redis shows them, without those who left the segment meanwhile."""
        keys = [f"{self._prefix}customer:".encode() + customer for customer in customers]
        rows: list[list[bytes | None]] = self._lookup.ask(lambda pipe: [pipe.hmget(key, FIELDS) for key in keys])
        found = [_shown(customer, row) for customer, row in zip(customers, rows, strict=True)]
        return [one for one in found if one is not None and one.segment == segment]

    def _rank_after(self, key: str, mark: Mark) -> int:
        """Return the place behind a customer who may have left: by bisection among those of the same instant."""
        low, high = self._lookup.ask(
            lambda pipe: [pipe.zcount(key, "-inf", f"({mark.since}"), pipe.zcount(key, "-inf", str(mark.since))]
        )
        wanted = mark.customer_id.encode()
        while low < high:
            middle = (low + high) // 2
            member = (self._ranks(key, middle, middle) or [b""])[0]
            low, high = (middle + 1, high) if member <= wanted else (low, middle)
        return int(low)

    def _ranks(self, key: str, first: int, last: int, *, withscores: bool = False) -> list[Any]:
        (found,) = self._lookup.ask(lambda pipe: pipe.zrange(key, first, last, withscores=withscores))
        members: list[Any] = found
        return members

    def _key(self, segment: str, partition: int) -> str:
        return f"{self._prefix}segment:{segment}:customers:{partition}"


def _shown(customer: bytes, row: list[bytes | None]) -> Shown | None:
    if None in row:
        return None
    texts = [(cell or b"").decode() for cell in row]
    segment, since, valid_until, recency_at, frequency, monetary, unique_products = texts
    return Shown(
        customer.decode(),
        segment,
        since,
        valid_until,
        recency_at,
        int(frequency),
        float(monetary),
        int(unique_products),
    )
