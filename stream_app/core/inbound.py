"""From a Kafka record to what it means: an order, a tick, a marker, nothing, or a dead letter with its reason."""

from __future__ import annotations

import hmac
from collections.abc import Container
from typing import Protocol

from stream_app.contract.dead_letter import Code, Headers, Refusal, Refused
from stream_app.contract.traceparent import CE_TRACE_HEADER, TRACE_HEADER, is_traceparent
from stream_app.core.clock import FUTURE_US
from stream_app.core.erasure import ERASE_HEADER, FINGERPRINT_DIGITS, UNERASE_HEADER, Marker
from stream_app.core.instants import parse_instant
from stream_app.core.order import Order, read_order
from stream_app.core.partitioner import partition_of
from stream_app.core.rules import Rules

TICK_HEADER = "segstream.tick"
HISTORY_HEADER = "replay"
MAX_KEY_BYTES = 256

Traces = dict[int, bytes]
"""The traceparent of the orders that have one, by offset."""


class SourceRecord(Protocol):
    """A record as confluent-kafka hands it over."""

    def key(self) -> bytes | None:
        """Return the customer id, UTF-8."""

    def value(self) -> bytes | None:
        """Return the order as JSON."""

    def headers(self) -> Headers | None:
        """Return the headers, None when there are none."""

    def timestamp(self) -> tuple[int, int]:
        """Return its kind, and milliseconds since 1970."""

    def offset(self) -> int:
        """Return its place in the partition."""


class Inbound:
    """One record, read: exactly one of order, tick, marker and refusal is set, or none for a record without value."""

    __slots__ = ("has_other_key", "is_history", "marker", "order", "record", "refusal", "tick")

    def __init__(
        self,
        record: SourceRecord,
        order: Order | None = None,
        is_history: bool = False,
        tick: int | None = None,
        refusal: Refusal | None = None,
        marker: Marker | None = None,
        has_other_key: bool = False,
    ) -> None:
        self.record = record
        self.order = order
        self.is_history = is_history
        self.tick = tick
        self.refusal = refusal
        self.marker = marker
        self.has_other_key = has_other_key
        """True for a marker under an erasure key that is not ours: nothing behind it may be read."""

    @property
    def customer_id(self) -> str | None:
        """Whose state it takes to answer the record; None: nobody's."""
        if self.order is not None:
            return self.order.customer_id
        return None if self.marker is None else self.marker.customer_id


def read_record(
    record: SourceRecord, partition: int, known: Container[str], rules: Rules, traces: Traces | None = None
) -> Inbound:
    """Read one record; `known` are customers whose partition was checked before.

    An order that says which trace it belongs to is noted in `traces`; one without headers costs nothing there.
    """
    headers = record.headers()
    try:
        if headers:
            tick = _find(headers, TICK_HEADER)
            if tick is not None:
                return Inbound(record, tick=_read_tick(tick))
            marker = _read_marker(record, headers, partition, rules)
            if marker is not None:
                return marker
            if traces is not None:
                _note_trace(traces, record.offset(), headers)
        key = _read_key(record.key())
        value = record.value()
        if value is None:
            return Inbound(record)
        order = read_order(value, rules.currency)
        if order.customer_id != key:
            raise Refused(Code.KEY_MISMATCH, "customer_id differs from the record's key")
        if key not in known:
            _check_partition(key, partition, rules)
        if order.entry.ordered_at > record.timestamp()[1] * 1_000 + FUTURE_US:
            raise Refused(Code.FUTURE_TIME, "ordered_at lies more than 24 hours after the record's timestamp")
    except Refused as refused:
        return Inbound(record, refusal=refused.refusal)
    is_history = bool(headers) and _find(headers or [], HISTORY_HEADER) == b"true"
    return Inbound(record, order, is_history)


def _find(headers: Headers, name: str) -> bytes | None:
    found = next((value or b"" for key, value in headers if key == name), None)
    return found.encode() if isinstance(found, str) else found


def _read_tick(text: bytes) -> int:
    instant = parse_instant(text.decode("ascii", "replace"))
    if instant is None:
        raise Refused(Code.BAD_TIME, f"{TICK_HEADER}: must be an RFC 3339 date-time with a time zone")
    return instant


def _note_trace(traces: Traces, offset: int, headers: Headers) -> None:
    traceparent = _find(headers, TRACE_HEADER) or _find(headers, CE_TRACE_HEADER)
    # Whoever sends orders chooses their headers: only what is well formed goes into the headers of a change.
    if traceparent and is_traceparent(traceparent):
        traces[offset] = traceparent


def is_marker(headers: Headers | None) -> bool:
    """Tell whether a record is a marker, by its headers alone."""
    return any(name in (ERASE_HEADER, UNERASE_HEADER) for name, _ in headers or ())


def _read_marker(record: SourceRecord, headers: Headers, partition: int, rules: Rules) -> Inbound | None:
    """Return the marker, None for a record that is none; only who has the key can make one.

    To pass over one that these rules have no key for would leave somebody unerased.
    """
    proof, is_lifting = _find(headers, ERASE_HEADER), False
    if proof is None:
        proof, is_lifting = _find(headers, UNERASE_HEADER), True
    if proof is None:
        return None
    customer_id = _read_key(record.key())
    _check_partition(customer_id, partition, rules)
    key = rules.erasure_key
    if key is None:
        return Inbound(record, has_other_key=True)
    fingerprint, _, hash_ = proof.decode("ascii", "replace").partition(":")
    if fingerprint != key.fingerprint and _is_fingerprint(fingerprint):
        return Inbound(record, has_other_key=True)
    if not hmac.compare_digest(hash_.encode(), key.hash_of(customer_id).encode()):
        raise Refused(Code.MARKER_INVALID, "the marker's hash is not the one that the erasure key gives")
    return Inbound(record, marker=Marker(customer_id, hash_, is_lifting))


def _is_fingerprint(text: str) -> bool:
    return len(text) == FINGERPRINT_DIGITS and set(text) <= set("0123456789abcdef")


def _read_key(key: bytes | None) -> str:
    if not key or len(key) > MAX_KEY_BYTES or b"\0" in key:
        raise Refused(Code.KEY_INVALID, f"the key must be 1 to {MAX_KEY_BYTES} bytes without NUL")
    try:
        return key.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(Code.KEY_INVALID, "the key is not UTF-8") from None


def _check_partition(key: str, partition: int, rules: Rules) -> None:
    expected = partition_of(key.encode(), rules.partitions, rules.partitioner)
    if expected is not None and expected != partition:
        raise Refused(Code.WRONG_PARTITION, f"the {rules.partitioner} hash of the key gives partition {expected}")
