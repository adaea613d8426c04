"""From a Kafka record to what it means: an order, a tick, a marker, nothing, or a dead letter with its reason."""

from __future__ import annotations

import hmac
from collections.abc import Container
from enum import Enum
from typing import NamedTuple, Protocol

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


class Tick(NamedTuple):
    """An instant that the partition's clock is to reach."""

    instant: int


class Unread(Enum):
    """Why there is nothing in a record."""

    EMPTY = "it has no value"
    OTHER_KEY = "it is a marker under an erasure key that is not ours: nothing behind it may be read"


Meaning = Order | Tick | Marker | Refusal | Unread
"""Whoever takes records answers each of these by a `match` that ends with `assert_never`: a kind that one of them
passes over is found before it runs."""


class Inbound:
    """One record, read."""

    __slots__ = ("is_history", "meaning", "record")

    def __init__(self, record: SourceRecord, meaning: Meaning, is_history: bool = False) -> None:
        self.record = record
        self.meaning = meaning
        self.is_history = is_history
        """True for an order of the past: it moves no clock."""

    @property
    def order(self) -> Order | None:
        """The order, None when it is anything else."""
        return self.meaning if isinstance(self.meaning, Order) else None

    @property
    def customer_id(self) -> str | None:
        """Whose state it takes to answer the record; None: nobody's."""
        meaning = self.meaning
        return meaning.customer_id if isinstance(meaning, Order | Marker) else None


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
                return Inbound(record, _read_tick(tick))
            marker = _read_marker(record, headers, partition, rules)
            if marker is not None:
                return Inbound(record, marker)
            if traces is not None:
                _note_trace(traces, record.offset(), headers)
        key = _read_key(record.key())
        value = record.value()
        if value is None:
            return Inbound(record, Unread.EMPTY)
        order = read_order(value, rules.currency)
        if order.customer_id != key:
            raise Refused(Code.KEY_MISMATCH, "customer_id differs from the record's key")
        if key not in known:
            _check_partition(key, partition, rules)
        if order.entry.ordered_at > record.timestamp()[1] * 1_000 + FUTURE_US:
            raise Refused(Code.FUTURE_TIME, "ordered_at lies more than 24 hours after the record's timestamp")
    except Refused as refused:
        return Inbound(record, refused.refusal)
    is_history = bool(headers) and _find(headers or [], HISTORY_HEADER) == b"true"
    return Inbound(record, order, is_history)


def _find(headers: Headers, name: str) -> bytes | None:
    found = next((value or b"" for key, value in headers if key == name), None)
    return found.encode() if isinstance(found, str) else found


def _read_tick(text: bytes) -> Tick:
    instant = parse_instant(text.decode("ascii", "replace"))
    if instant is None:
        raise Refused(Code.BAD_TIME, f"{TICK_HEADER}: must be an RFC 3339 date-time with a time zone")
    return Tick(instant)


def _note_trace(traces: Traces, offset: int, headers: Headers) -> None:
    traceparent = _find(headers, TRACE_HEADER) or _find(headers, CE_TRACE_HEADER)
    # Whoever sends orders chooses their headers: only what is well formed goes into the headers of a change.
    if traceparent and is_traceparent(traceparent):
        traces[offset] = traceparent


def _read_marker(record: SourceRecord, headers: Headers, partition: int, rules: Rules) -> Marker | Unread | None:
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
        return Unread.OTHER_KEY
    fingerprint, _, hash_ = proof.decode("ascii", "replace").partition(":")
    if fingerprint != key.fingerprint and _is_fingerprint(fingerprint):
        return Unread.OTHER_KEY
    if not hmac.compare_digest(hash_.encode(), key.hash_of(customer_id).encode()):
        raise Refused(Code.MARKER_INVALID, "the marker's hash is not the one that the erasure key gives")
    return Marker(customer_id, hash_, is_lifting)


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
