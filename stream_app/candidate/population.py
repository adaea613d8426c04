"""Everybody as Redis shows them, at the clock of their partition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from stream_app.core.customer import NOT_WAITING
from stream_app.core.instants import DAY_US
from stream_app.core.state_layout import StateHeader
from stream_app.core.state_record import read_header
from stream_app.lookup import Lookup
from stream_app.settings import Settings

SLICE = 1_000

Row = tuple[int, int, int, int]
"""Recency in days, frequency, monetary in ten-thousandths, unique products."""


class Member(NamedTuple):
    """A customer who is in a segment now."""

    customer_id: str
    segment: str
    row: Row


def read_population(settings: Settings) -> Iterator[Member]:
    """Yield everybody who is in a segment; who moves meanwhile is seen as they were before or after, once.

    Raises OutageError when Redis does not answer.
    """
    lookup = Lookup(settings)
    for status in lookup.partitions(lookup.partition_count()):
        for header in _headers(lookup, status.partition):
            member = _member(header, status.clock)
            if member is not None:
                yield member


def _headers(lookup: Lookup, partition: int) -> Iterator[StateHeader]:
    seen: set[bytes] = set()
    for slice_ in lookup.customers_of(partition, SLICE):
        fresh = [each for each in slice_ if each not in seen]
        # A scan may name somebody twice.
        seen.update(fresh)
        for record in lookup.states(fresh):
            if record is not None:
                yield read_header(record)


def _member(header: StateHeader, clock: int) -> Member | None:
    if not header.segment or header.last_purchase is None or header.waits_since != NOT_WAITING:
        return None
    days = max(0, (max(clock, header.as_of) - header.last_purchase) // DAY_US)
    return Member(header.customer_id, header.segment, (days, header.frequency, header.monetary, header.unique_products))
