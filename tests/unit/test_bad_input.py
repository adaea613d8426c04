"""The table of bad input: each kind of record leads to one outcome, and says why without repeating what it read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream_app.contract.complexity import MAX_LINES, MAX_STRING_BYTES, MAX_VALUE_BYTES
from stream_app.contract.dead_letter import Code, Refusal
from stream_app.contract.explain import explain
from stream_app.core.inbound import Tick, Unread, read_record
from stream_app.core.partitioner import Partitioner
from tests.builders import NOW, NOW_MS, ARecord, a_record, a_tick, an_instant, an_order_json, rules


def with_line(**changes: Any) -> bytes:
    line = {"product_id": "P1", "quantity": 1, "amount": 10} | changes
    return json.dumps(an_order_json(lines=[line])).encode()


def with_order(**changes: Any) -> bytes:
    return json.dumps(an_order_json(**changes)).encode()


def without(field: str) -> bytes:
    order = an_order_json()
    del order[field]
    return json.dumps(order).encode()


def with_number(text: bytes, field: str = "amount") -> bytes:
    return with_line(**{field: 4711}).replace(b"4711", text)


A_LINE = {"product_id": "P1", "quantity": 1, "amount": 1}

BAD_KEYS = [
    ("null", None),
    ("empty", b""),
    ("NUL inside", b"C\x001"),
    ("257 bytes", b"x" * 257),
    ("not UTF-8", b"C\xff"),
]

BAD_VALUES = [
    ("not UTF-8", with_order(order_id="@").replace(b"@", b"\xff"), Code.NOT_UTF8),
    ("lone surrogate", with_order(order_id="@").replace(b"@", b"\\ud800"), Code.NOT_UTF8),
    ("lone surrogate in an unknown field", with_order(comment="@").replace(b"@", b"\\udc00"), Code.NOT_UTF8),
    ("encoded surrogate", with_order(order_id="@").replace(b"@", b"\xed\xa0\x80"), Code.NOT_UTF8),
    ("byte order mark", b"\xef\xbb\xbf" + with_order(), Code.NOT_UTF8),
    ("empty", b"", Code.NOT_JSON),
    ("not JSON", b"hello", Code.NOT_JSON),
    ("truncated", with_order()[:-1], Code.NOT_JSON),
    ("5,000 closing brackets", b"]" * 5_000, Code.NOT_JSON),
    ("trailing bytes", with_order() + b"x", Code.NOT_JSON),
    ("control character", with_order(comment="@").replace(b"@", b"\x01"), Code.NOT_JSON),
    ("top level a list", b"[]", Code.NOT_JSON),
    ("top level a number", b"1", Code.NOT_JSON),
    ("top level null", b"null", Code.NOT_JSON),
    ("33 levels", with_order(deep=json.loads("[" * 32 + "]" * 32)), Code.TOO_COMPLEX),
    ("100,000 levels", b"[" * 100_000, Code.TOO_COMPLEX),
    ("65 fields", with_order(**{f"f{n}": 0 for n in range(61)}), Code.TOO_COMPLEX),
    ("5,001 lines", with_order(lines=[A_LINE] * (MAX_LINES + 1)), Code.TOO_COMPLEX),
    ("string over 4 KiB", with_order(comment="x" * (MAX_STRING_BYTES + 1)), Code.TOO_COMPLEX),
    ("string never ended", b'{"a":"' + b"x" * 5_000, Code.TOO_COMPLEX),
    ("value over 1 MiB", b" " * (MAX_VALUE_BYTES + 1), Code.TOO_COMPLEX),
    ("NaN", with_number(b"NaN"), Code.NOT_FINITE),
    ("Infinity", with_number(b"Infinity"), Code.NOT_FINITE),
    ("minus Infinity", with_number(b"-Infinity"), Code.NOT_FINITE),
    ("1e400 as amount", with_number(b"1e400"), Code.NOT_FINITE),
    ("1e400 as price", with_number(b"1e400", "unit_price"), Code.NOT_FINITE),
    ("1e400 as quantity", with_number(b"1e400", "quantity"), Code.BAD_TYPE),
    ("number as string", with_line(amount="10"), Code.BAD_TYPE),
    ("boolean as number", with_line(amount=True), Code.BAD_TYPE),
    ("quantity as string", with_line(quantity="1"), Code.BAD_TYPE),
    ("quantity as boolean", with_line(quantity=True), Code.BAD_TYPE),
    ("id as number", with_order(order_id=1), Code.BAD_TYPE),
    ("empty id", with_order(order_id=""), Code.BAD_TYPE),
    ("lines as object", with_order(lines={}), Code.BAD_TYPE),
    ("line as number", with_order(lines=[1]), Code.BAD_TYPE),
    ("unknown type", with_order(type="refund"), Code.BAD_TYPE),
    ("purchase that returns", with_order(returns="O0"), Code.BAD_TYPE),
    ("revision negative", with_order(revision=-1), Code.BAD_TYPE),
    ("revision not whole", with_order(revision=1.5), Code.BAD_TYPE),
    ("amount over 10^9", with_line(amount=1_000_000_000.01), Code.AMOUNT_RANGE),
    ("price over 10^9", with_line(amount=None, unit_price=1e9 + 1), Code.AMOUNT_RANGE),
    ("order over 10^9", with_line(amount=None, unit_price=1e9, quantity=2), Code.AMOUNT_RANGE),
    ("5 decimals", with_line(amount=0.00001), Code.AMOUNT_RANGE),
    ("5 decimals in a price", with_line(amount=None, unit_price=1.00001), Code.AMOUNT_RANGE),
    ("amount negative", with_line(amount=-1), Code.AMOUNT_RANGE),
    ("quantity over 10^9", with_line(quantity=10**9 + 1), Code.AMOUNT_RANGE),
    ("quantity over 64 bits", with_line(quantity=10**30), Code.AMOUNT_RANGE),
    ("quantity negative", with_line(quantity=-1), Code.BAD_TYPE),
    ("quantity not whole", with_line(quantity=1.5), Code.BAD_TYPE),
    ("quantity with a fraction of zero", with_line(quantity=1.0), Code.BAD_TYPE),
    ("customer_id is not the key", with_order(customer_id="C2"), Code.KEY_MISMATCH),
    ("no order_id", without("order_id"), Code.MISSING),
    ("no customer_id", without("customer_id"), Code.MISSING),
    ("no ordered_at", without("ordered_at"), Code.MISSING),
    ("no lines", without("lines"), Code.MISSING),
    ("line without money", with_line(amount=None), Code.MISSING),
    ("time naive", with_order(ordered_at="2025-06-01T12:00:00"), Code.BAD_TIME),
    ("time not RFC 3339", with_order(ordered_at="yesterday"), Code.BAD_TIME),
    ("time a number", with_order(ordered_at=NOW_MS), Code.BAD_TIME),
    ("year 1969", with_order(ordered_at="1969-12-31T23:59:59Z"), Code.BAD_TIME),
    ("year 1969 in UTC", with_order(ordered_at="1970-01-01T00:00:00+05:00"), Code.BAD_TIME),
    ("year 9999", with_order(ordered_at="9999-01-01T00:00:00Z"), Code.BAD_TIME),
    ("year 9999 in UTC", with_order(ordered_at="9998-12-31T23:00:00-12:00"), Code.BAD_TIME),
    ("24 hours and a bit ahead", with_order(ordered_at="2025-06-02T12:00:00.000001Z"), Code.FUTURE_TIME),
    ("another currency", with_order(currency="USD"), Code.CURRENCY),
]


@pytest.mark.parametrize("key", [key for _, key in BAD_KEYS], ids=[what for what, _ in BAD_KEYS])
def test_a_bad_key_is_refused(key: bytes | None) -> None:
    got = read_record(a_record(key_=key), 0, (), rules())

    assert isinstance(got.meaning, Refusal)
    assert got.meaning.code is Code.KEY_INVALID


@pytest.mark.parametrize(
    ("value", "code"),
    [(value, code) for _, value, code in BAD_VALUES],
    ids=[what for what, _, _ in BAD_VALUES],
)
def test_a_bad_value_is_refused_with_its_code(value: bytes, code: Code) -> None:
    got = read_record(ARecord(value), 0, (), rules())

    assert isinstance(got.meaning, Refusal)
    assert got.meaning.code is code
    assert got.meaning.reason


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("duplicate keys: the last one wins", with_order().replace(b'{"order_id"', b'{"order_id": "O0", "order_id"')),
        ("unknown fields", with_order(comment="hello", tags=[{"a": None}])),
        ("32 levels", with_order(deep=json.loads("[" * 31 + "]" * 31))),
        ("64 fields", with_order(**{f"f{n}": 0 for n in range(60)})),
        ("5,000 lines of 4 fields", with_order(lines=[A_LINE | {"unit_price": 1}] * MAX_LINES)),
        ("a string of 4 KiB", with_order(comment="x" * MAX_STRING_BYTES)),
        ("quotes and brackets in a string", with_order(comment='\\"{[:' * 200)),
        ("quantity zero", with_line(quantity=0)),
        ("no lines", with_order(lines=[])),
        ("whole order of 10^9", with_line(amount=1e9)),
        ("4 decimals", with_line(amount=0.0001)),
        ("exactly 24 hours ahead", with_order(ordered_at="2025-06-02T12:00:00Z")),
        ("another zone", with_order(ordered_at="2025-06-01T21:30:00+09:30")),
        ("the configured currency", with_order(currency="EUR")),
        ("no currency", with_order(currency=None)),
        ("escaped surrogate pair", with_order(comment="\U0001f6d2")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_only_looks_bad_is_accepted(what: str, value: bytes) -> None:
    got = read_record(ARecord(value), 0, (), rules())

    assert got.order is not None, what
    assert got.order.entry.order_id == "O1"


def test_a_null_value_is_neither_order_nor_refusal() -> None:
    got = read_record(a_record(value_=None), 0, (), rules())

    assert got.meaning is Unread.EMPTY


def test_a_line_with_quantity_zero_is_ignored_and_counted() -> None:
    lines = [{"product_id": "P1", "quantity": 0, "amount": 7}, {"product_id": "P2", "quantity": 0, "unit_price": 7}]

    got = read_record(a_record(an_order_json(lines=lines)), 0, (), rules()).order

    assert got is not None
    assert (got.entry.amount, got.entry.products, got.zero_lines) == (0, (), 2)


def test_a_missing_field_is_named() -> None:
    got = read_record(ARecord(without("ordered_at")), 0, (), rules()).meaning

    assert isinstance(got, Refusal)
    assert got.reason == "ordered_at"


def test_a_wrong_field_is_named_with_its_line() -> None:
    got = read_record(ARecord(with_line(quantity="two")), 0, (), rules()).meaning

    assert isinstance(got, Refusal)
    assert got.reason == "lines.0.quantity: must be a whole number, written without a fraction"


@pytest.mark.parametrize("same", [("é", "e\u0301"), ("\u202eabc", "abc"), ("\U0001f6d2", "\U0001f6d2\ufe0f")])
def test_ids_are_bytes_so_other_bytes_are_another_customer(same: tuple[str, str]) -> None:
    record = a_record(an_order_json(customer_id=same[0]), key_=same[1].encode())

    got = read_record(record, 0, (), rules()).meaning

    assert isinstance(got, Refusal)
    assert got.code is Code.KEY_MISMATCH


@pytest.mark.parametrize("customer_id", ["é", "e\u0301", "\u202eabc", "\U0001f6d2", "x" * 256])
def test_any_unicode_id_is_kept_as_it_is(customer_id: str) -> None:
    got = read_record(a_record(an_order_json(customer_id=customer_id)), 0, (), rules()).order

    assert got is not None
    assert got.customer_id == customer_id


def test_a_key_on_another_partition_than_its_hash_is_refused() -> None:
    got = read_record(a_record(), 0, (), rules(partitions=4))

    assert isinstance(got.meaning, Refusal)
    assert got.meaning.code is Code.WRONG_PARTITION
    assert got.meaning.reason == "the murmur2 hash of the key gives partition 1"


@pytest.mark.parametrize(
    ("partition", "changes"),
    [(1, {}), (3, {"partitioner": Partitioner.CRC32}), (2, {"partitioner": Partitioner.ANY})],
)
def test_the_configured_partitioner_says_where_a_key_belongs(partition: int, changes: dict[str, Any]) -> None:
    got = read_record(a_record(), partition, (), rules(partitions=4, **changes))

    assert not isinstance(got.meaning, Refusal)


def test_the_partition_of_a_known_customer_is_not_checked_again() -> None:
    assert read_record(a_record(), 0, {"C1"}, rules(partitions=4)).order is not None


def test_a_tick_comes_before_every_other_check() -> None:
    assert read_record(a_tick(NOW), 0, (), rules()).meaning == Tick(an_instant(NOW))


@pytest.mark.parametrize("instant", [b"", b"now", b"2025-06-01T12:00:00", b"\xff", b"1969-12-31T23:00:00Z", None])
def test_a_malformed_tick_is_refused(instant: bytes | None) -> None:
    got = read_record(ARecord(None, None, headers_=[("segstream.tick", instant)]), 0, (), rules())

    assert isinstance(got.meaning, Refusal)
    assert got.meaning.code is Code.BAD_TIME


@pytest.mark.parametrize(("value", "is_history"), [(b"true", True), (b"false", False), (b"", False), (None, False)])
def test_the_replay_header_marks_history(value: bytes | None, is_history: bool) -> None:
    record = a_record(headers_=[("trace", b"\x00"), ("replay", value)])

    assert read_record(record, 0, (), rules()).is_history is is_history


def test_ten_thousand_unknown_headers_are_ignored() -> None:
    record = a_record(headers_=[("x" * 70_000, b"y" * 70_000), *[(f"h{n}", b"") for n in range(10_000)]])

    assert read_record(record, 0, (), rules()).order is not None


def test_a_wrong_value_is_refused_even_when_a_later_duplicate_key_overrides_it() -> None:
    value = with_order().replace(b'{"order_id"', b'{"order_id": 5, "order_id"')

    got = read_record(ARecord(value), 0, (), rules()).meaning

    assert isinstance(got, Refusal)
    assert (got.code, got.reason) == (Code.BAD_TYPE, "the value is not an order")


def test_too_deep_for_python_is_too_complex() -> None:
    assert explain(b"[" * 200_000 + b"]" * 200_000).code is Code.TOO_COMPLEX
