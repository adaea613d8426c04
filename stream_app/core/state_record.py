"""A customer as one record of the changelog: a header that Redis shows, and the orders as they were first encoded."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.entry import read_entry
from stream_app.core.rfm import Features, RfmState
from stream_app.core.summary import DaySum, Summary

STATE_FORMAT = 1
"""Changes whenever a state record can no longer be read by the version before."""


class StateHeader(Struct, array_like=True, gc=False):
    """A customer's standing and totals in a state record; all but the orders."""

    format: int
    customer_id: str
    as_of: int
    segment: str
    segment_name: str
    sequence: int
    since: int
    due_at: int | None
    model_version: str
    history: bytes
    last_purchase: int | None
    frequency: int
    monetary: int
    unique_products: int
    waits_since: int
    scored: tuple[int, int, int, int] | None
    """The features of the last evaluation while history waits for one; else they follow from the orders."""
    days: list[DaySum]
    summed_ids: bytes


class _Record(Struct, array_like=True, gc=False):
    header: StateHeader
    entries: list[Raw]


_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Record).decode
_read_history = msgspec.json.Decoder(list[Raw]).decode


def header_of(customer: Customer) -> StateHeader:
    """Return what a state record says of the customer besides the orders."""
    rfm = customer.rfm
    days, summed_ids = rfm.summary.encoded() if rfm.summary is not None else ([], b"")
    is_waiting = customer.waits_since != NOT_WAITING
    return StateHeader(
        format=STATE_FORMAT,
        customer_id=customer.customer_id,
        as_of=rfm.as_of,
        segment=customer.segment,
        segment_name=customer.segment_name,
        sequence=customer.sequence,
        since=customer.since,
        due_at=customer.due_at,
        model_version=customer.model_version,
        history=b"[" + b",".join(customer.history) + b"]",
        last_purchase=rfm.last_purchase(),
        frequency=rfm.frequency(),
        monetary=rfm.monetary(),
        unique_products=rfm.unique_products,
        waits_since=customer.waits_since,
        scored=customer.features if is_waiting else None,
        days=days,
        summed_ids=summed_ids,
    )


def encode_state(header: StateHeader, rfm: RfmState) -> bytes:
    """Return the state record: the header and the orders, oldest first, whatever the order of arrival was."""
    entries = rfm.entries
    orders = b"".join([entries[order_id].raw for _, order_id in rfm.by_time])
    return b"".join((_TWO_ITEMS, _pack(header), _LONG_ARRAY, len(rfm.by_time).to_bytes(4), orders))


_TWO_ITEMS = b"\x92"
_LONG_ARRAY = b"\xdd"


def read_header(record: bytes) -> StateHeader:
    """Read a state record's header and leave its orders alone."""
    return _unpack(record).header


def decode_customer(record: bytes) -> Customer:
    """Read a state record back; the running sums are counted anew from the orders."""
    stored = _unpack(record)
    header = stored.header
    customer = Customer(header.customer_id)
    customer.segment = header.segment
    customer.segment_name = header.segment_name
    customer.sequence = header.sequence
    customer.since = header.since
    customer.due_at = header.due_at
    customer.model_version = header.model_version
    customer.history = [bytes(change) for change in _read_history(header.history)]
    customer.waits_since = header.waits_since
    customer.rfm = _decode_rfm(header, stored.entries)
    is_waiting = header.waits_since != NOT_WAITING
    scored = None if header.scored is None else Features(*header.scored)
    customer.features = scored if is_waiting else customer.rfm.features(header.as_of)
    return customer


def _decode_rfm(header: StateHeader, entries: list[Raw]) -> RfmState:
    rfm = RfmState(header.as_of)
    if header.days or header.summed_ids:
        rfm.summary = Summary(header.days, header.summed_ids)
        for day in header.days:
            rfm.sum_day(day, 1)
    for raw in entries:
        rfm.add(read_entry(bytes(raw)))
    return rfm
