"""Law: the fast decoder and the readable contract accept the same orders; all other bytes are refused with a reason."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from stream_app.contract.dead_letter import Code, Headers, Refusal, Refused
from stream_app.contract.order import Order as ReadableOrder
from stream_app.core.inbound import Tick, read_record
from stream_app.core.order import Order, read_order
from tests.builders import ARecord, an_order_json, rules

CANARY = "canary-73910"
CANARY_NUMBER = 739104826

A_FULL_ORDER = an_order_json(
    type="return",
    returns="O0",
    revision=2,
    currency="EUR",
    comment="to be ignored",
    lines=[
        {"product_id": "P1", "quantity": 2, "unit_price": 2.55},
        {"product_id": "P2", "quantity": 0, "amount": 0.1, "colour": {"red": [1, 2]}},
    ],
)
NUMBERS = [0, 1, -1, 1.0, -0.0, 0.5, 2.5555, 1.00001, 1e-5, 10**9, 10**9 + 1, 1e9, 1e15, 10**30, -(10**30), 1e-320]
INSTANTS = [
    "2025-06-01T12:00:00+02:00", "2025-06-01T12:00:00", "2025-06-01 12:00:00Z", "2025-06-01t12:00:00z", "2025-06-01",
    "2025-06-01T12:00:00.123456789Z", "2025-06-01T24:00:00Z", "2025-06-01T23:59:60Z", "2025-02-29T00:00:00Z",
    "1970-01-01T00:00:00Z", "1970-01-01T00:00:00+05:00", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59-01:00",
    "9998-12-31T23:59:59Z", "9998-12-31T23:59:59-12:00", "9999-01-01T00:00:00Z", "9999-01-01T00:00:00+01:00",
    "0001-01-01T00:00:00+10:00", "9999-12-31T23:59:59.9999999-23:59", "+2025-06-01T12:00:00Z", "1748779200",
]  # fmt: skip
TEXTS = ["", "x", "é", "e\u0301", "\U0001f6d2", "\u202eabc", "\x00", "\ufeff", "order", "return", "EUR", "x" * 4_096]
VALUES: list[Any] = [None, True, False, [], {}, [None], [[]], [{}], {"a": 1}, *NUMBERS, *INSTANTS, *TEXTS]


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of everything inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, child in inside for place in [(*path, key), *places(child, (*path, key))]]


def changed(order: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """Return a copy in which the place holds another value, or nothing when the value is `...`."""
    copy = parent = deepcopy(order)
    for key in path[:-1]:
        parent = parent[key]
    if value is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return copy


@st.composite
def near_orders(draw: st.DrawFn) -> Any:
    """Draw an order with up to three mistakes, or what could be one."""
    order = draw(st.sampled_from([A_FULL_ORDER, an_order_json(), an_order_json(lines=[])]))
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(places(order)))
        order = changed(order, path, draw(st.sampled_from([..., *VALUES])))
        if not places(order):
            break
    return order


@given(near_orders())
def test_both_readers_accept_the_same_orders(order: Any) -> None:
    assert is_accepted(order) == is_readable(json.dumps(order).encode())


def test_both_readers_agree_on_every_single_mistake() -> None:
    for path in places(A_FULL_ORDER):
        for mistake in (..., *VALUES):
            order = changed(A_FULL_ORDER, path, mistake)

            assert is_accepted(order) == is_readable(json.dumps(order).encode()), order


@given(near_orders())
def test_both_readers_see_the_same_money(order: Any) -> None:
    got = outcome(json.dumps(order).encode(), currency_of(order))
    if isinstance(got, Order):
        readable = ReadableOrder.model_validate(order)

        assert got.entry.amount == readable.total() * 10_000


@st.composite
def broken_bytes(draw: st.DrawFn) -> bytes:
    """Draw an order's bytes with a few of them overwritten, cut out or put in."""
    value = bytearray(json.dumps(A_FULL_ORDER, ensure_ascii=draw(st.booleans())).encode())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(value)))
        piece = draw(st.one_of(st.binary(max_size=3), st.sampled_from(PIECES)))
        value[at : at + draw(st.integers(0, 3))] = piece
    return bytes(value)


PIECES = [
    b'"', b"{", b"}", b"[", b"]", b":", b",", b"\\", b"\\u", b"\\ud800", b"\\udc00", b"\\u0000", b"\xff",
    b"\xed\xa0\x80", b"\xef\xbb\xbf", b"NaN", b"-Infinity", b"1e400", b"00", b"-", b"null", b"true", b"\x01", b" ",
    b"[" * 40, b"9" * 5_000,
]  # fmt: skip


@given(st.one_of(st.binary(), broken_bytes()))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"\xef\xbb\xbf{}")
@example(b'"' + b"x" * 2_000_000)
@example(json.dumps(A_FULL_ORDER).encode().replace(b"to be ignored", b"\\udc00"))
def test_any_bytes_are_decoded_or_refused_with_a_reason(value: bytes) -> None:
    got = outcome(value)

    if isinstance(got, Refusal):
        assert got.code in Code
        assert got.reason
    else:
        assert is_readable(value)


@given(near_orders(), st.data())
def test_no_reason_repeats_what_the_record_said(order: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(places(order) or [()]))
    canaries = [CANARY, {CANARY: CANARY}, [CANARY], CANARY_NUMBER, -CANARY_NUMBER, CANARY_NUMBER + 0.5, CANARY * 400]
    planted = changed(order, path, data.draw(st.sampled_from(canaries))) if path else [CANARY]
    if isinstance(planted, dict):
        planted[CANARY] = CANARY
    key = data.draw(st.sampled_from([b"C1", CANARY.encode(), CANARY.encode() * 30, CANARY.encode() + b"\xff"]))
    name = data.draw(st.sampled_from([CANARY, "segstream.tick", "replay"]))

    got = read_record(ARecord(json.dumps(planted).encode(), key, headers_=[(name, CANARY.encode())]), 0, (), rules())

    if isinstance(got.meaning, Refusal):
        assert CANARY not in got.meaning.reason
        assert str(CANARY_NUMBER) not in got.meaning.reason


@given(st.binary(max_size=300), st.binary(max_size=300), st.text(max_size=20), st.binary(max_size=30))
def test_any_record_is_read_as_exactly_one_thing(key: bytes, value: bytes, name: str, header: bytes) -> None:
    all_headers: list[Headers] = [[], [(name, header)], [("segstream.tick", header)], [("replay", None)]]
    for headers in all_headers:
        got = read_record(ARecord(value, key, headers_=headers), 0, (), rules())

        assert isinstance(got.meaning, Order | Tick | Refusal)


def outcome(value: bytes, currency: str = "EUR") -> Order | Refusal:
    """Return what the fast path makes of a value."""
    try:
        return read_order(value, currency)
    except Refused as refused:
        return refused.refusal


def is_accepted(order: Any) -> bool:
    """Tell whether the fast path takes the order, in a deployment of its currency."""
    return isinstance(outcome(json.dumps(order).encode(), currency_of(order)), Order)


def currency_of(order: Any) -> str:
    """Return the order's currency, any when it names none."""
    currency = order.get("currency")
    return currency if isinstance(currency, str) else "EUR"


def is_readable(value: bytes) -> bool:
    """Tell whether Python's own JSON and the readable contract take the order."""
    try:
        ReadableOrder.model_validate(json.loads(value))
    except (ValidationError, RecursionError, ValueError):
        return False
    return True
