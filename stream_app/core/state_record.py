"""A customer as one record of the changelog, and back."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.entry import decode_entry
from stream_app.core.errors import StopError
from stream_app.core.features import Features
from stream_app.core.rfm import RfmState
from stream_app.core.state_layout import READABLE, STATE_FORMAT, StateHeader, StateRecord
from stream_app.core.stored_rfm import StoredRfm, unread
from stream_app.core.summary import Summary

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(StateRecord).decode
_read_history = msgspec.json.Decoder(list[Raw]).decode


def header_of(customer: Customer) -> StateHeader:
    """Return what a state record says of the customer besides the orders."""
    rfm = customer.counted
    days, summed_ids = rfm.summary.encoded() if rfm.summary is not None else ([], b"")
    scored = customer.features.numbers() if customer.features and customer.waits_since != NOT_WAITING else None
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
        scored=scored,
        days=days,
        summed_ids=summed_ids,
        owed=customer.owed,
        adopted=customer.adopted,
    )


def encode_state(header: StateHeader, rfm: RfmState | StoredRfm) -> bytes:
    """Return the state record: the header and the orders, oldest first, whatever the order of arrival was."""
    number, orders = rfm.orders()
    return b"".join((_TWO_ITEMS, _pack(header), _LONG_ARRAY, number.to_bytes(4), orders))


_TWO_ITEMS = b"\x92"
_LONG_ARRAY = b"\xdd"


def _read(record: bytes) -> StateRecord:
    stored = _unpack(record)
    if stored.header.format not in READABLE:
        raise of_another_release(stored.header.format)
    return stored


def of_another_release(format_: int) -> StopError:
    """Return what is said of a state in a format that this release does not read."""
    known = " and ".join(map(str, sorted(READABLE)))
    return StopError(
        f"The state is written in format {format_}, and this release reads {known}.",
        "Run a release that reads it; one that reads both brings everybody to its own by a replay and a swap.",
        code="STATE_FORMAT",
    )


def read_header(record: bytes) -> StateHeader:
    """Read a state record's header and leave its orders alone; raises StopError like `decode_customer`."""
    return _read(record).header


def decode_customer(record: bytes) -> Customer:
    """Read a state record back, its orders when they are asked for.

    Raises StopError for a format of another release.
    """
    stored = _read(record)
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
    customer.owed = header.owed
    customer.adopted = header.adopted
    customer.counted = unread(header, stored.entries) or _decode_rfm(header, stored.entries)
    customer.features = _features(header, customer.counted)
    return customer


def _features(header: StateHeader, rfm: RfmState | StoredRfm) -> Features | None:
    """Return the features of the last evaluation: while history waits for one, the orders say more than it knew."""
    if header.waits_since == NOT_WAITING:
        return rfm.features(header.as_of)
    return None if header.scored is None else Features(*header.scored)


def _decode_rfm(header: StateHeader, entries: list[Raw]) -> RfmState:
    rfm = RfmState(header.as_of)
    if header.days or header.summed_ids:
        rfm.summary = Summary(header.days, header.summed_ids)
        for day in header.days:
            rfm.sum_day(day, 1)
    for raw in map(bytes, entries):
        rfm.add(decode_entry(raw), raw)
    return rfm
