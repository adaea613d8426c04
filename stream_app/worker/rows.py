"""A state record as Redis shows it: fields that anybody can read, beside the record itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from stream_app.contract.order import MONEY_SCALE
from stream_app.core.customer import NEVER_MOVED, NOT_WAITING
from stream_app.core.erasure import Block, encode_block
from stream_app.core.instants import rfc3339
from stream_app.core.state_layout import StateHeader
from stream_app.core.statistics import decode_fields

NEVER = "+inf"
Row = tuple[tuple[str | int, ...], bytes]
"""What apply.lua writes of a customer: the fields, and the state record."""


Figure = tuple[str, list[str]]
"""What apply.lua writes of one record of the figures: its name, and all fields, each followed by its number."""


@dataclass
class Erasures:
    """What a write takes out of Redis, before it puts anything in."""

    customers: set[str] = field(default_factory=set)
    blocks: dict[str, Block | None] = field(default_factory=dict)
    """Changed entries of the block list by hash; None: it is gone."""

    def packed(self) -> bytes:
        """Return them as apply.lua reads them: ids, then entries to set, then those to remove."""
        if not self.customers and not self.blocks:
            return _NO_ERASURES
        kept: list[str] = []
        for hash_, block in self.blocks.items():
            if block is not None:
                kept += (hash_, encode_block(block).decode())
        return _pack((sorted(self.customers), kept, [hash_ for hash_, block in self.blocks.items() if block is None]))


class Before(NamedTuple):
    """What the worker knows of a customer's place in Redis before a write."""

    segment: str | bool
    """Under which segment's id the customer is listed; empty: under none, False: look it up."""
    may_be_new: bool


LOOK_UP: Final = Before(False, True)
NEW: Final = Before("", True)

_pack = msgspec.msgpack.Encoder().encode
_NO_ERASURES = _pack(((), (), ()))


def row_of(header: StateHeader, record: bytes, before: Before | None) -> Row:
    """Return one customer's fields in the order that apply.lua reads them.

    Instants in microseconds are texts: Lua's numbers lose digits on their way to Redis. `before` is None for a
    customer whose segment stands in Redis as it is, so that half of the fields can stay away.
    """
    due_at = header.due_at
    fields = (
        header.customer_id,
        NEVER if due_at is None else str(due_at),
        "" if due_at is None or header.waits_since != NOT_WAITING else rfc3339(due_at),
        "" if header.last_purchase is None else rfc3339(header.last_purchase),
        header.frequency,
        money_text(header.monetary),
        header.unique_products,
        header.model_version,
    )
    return (fields if before is None else fields + before + _standing(header)), record


def _standing(header: StateHeader) -> tuple[str | int, ...]:
    return (
        header.segment,
        header.segment_name,
        # A sequence goes on from before an erasure; the standing does not.
        rfc3339(header.since) if header.since != NEVER_MOVED else "",
        str(header.since),
        header.sequence,
        header.history.decode(),
    )


def figure_of(name: str, record: bytes) -> Figure:
    """Return a record of the figures as Redis shows it; its numbers are texts, as Lua's have 53 bits."""
    values: list[str] = []
    for shown, number in decode_fields(record).items():
        values += (shown, str(number))
    return name, values


def packed(rows: Sequence[Row], figures: Sequence[Figure], erasures: Erasures) -> list[bytes]:
    """Return rows as script arguments: fields, figures and erasures as one msgpack array each, then the records.

    One argument a field would cost the client 8 µs a customer, this costs 2.
    """
    fields = _pack([fields for fields, _ in rows])
    return [fields, _pack(figures), erasures.packed(), *(record for _, record in rows)]


def money_text(ten_thousandths: int) -> str:
    """Write an amount in currency units, exact and without trailing zeros.

    >>> money_text(1_684_725_000), money_text(29_000), money_text(0)
    ('168472.5', '2.9', '0')
    """
    units = ten_thousandths // MONEY_SCALE
    rest = ten_thousandths - units * MONEY_SCALE
    return (str(units) + "." + str(rest + MONEY_SCALE)[1:]).rstrip("0") if rest else str(units)
