"""A dead letter carries the record's own headers and ours, under the names that existing tools read."""

from __future__ import annotations

import pytest

from stream_app.contract.dead_letter import KEPT_HEADERS, Code, Headers, Refusal, is_oversized, letter_headers
from stream_app.contract.topics import MAX_RECORD_BYTES

REFUSAL = Refusal(Code.MISSING, "ordered_at")
OURS = {
    "__connect.errors.topic": b"orders.v1",
    "__connect.errors.partition": b"3",
    "__connect.errors.offset": b"42",
    "__connect.errors.stage": b"VALUE_CONVERTER",
    "__connect.errors.exception.class.name": b"Refused",
    "__connect.errors.exception.message": b"ordered_at",
    "segstream.code": b"MISSING",
    "segstream.worker_version": b"1.2.3",
}


def headers_of(own: Headers) -> Headers:
    return list(letter_headers(REFUSAL, own, topic="orders.v1", partition=3, offset=42, version="1.2.3"))


def test_ours_follow_the_records_own() -> None:
    own: Headers = [("trace", b"\xff"), ("trace", None)]

    got = headers_of(own)

    assert got[:2] == own
    assert dict(got[2:]) == OURS


def test_only_the_first_32_are_kept_and_a_flag_says_so() -> None:
    own: Headers = [(f"h{number}", b"x") for number in range(10_000)]

    got = headers_of(own)

    assert got[:KEPT_HEADERS] == own[:KEPT_HEADERS]
    assert dict(got[KEPT_HEADERS:]) == OURS | {"segstream.headers_cut": b"true"}


def test_exactly_32_are_not_cut() -> None:
    own: Headers = [(f"h{number}", b"x") for number in range(KEPT_HEADERS)]

    assert len(headers_of(own)) == KEPT_HEADERS + len(OURS)


@pytest.mark.parametrize(
    ("key", "value", "own"),
    [(b"k", b"x" * MAX_RECORD_BYTES, []), (b"k" * 2_000_000, None, []), (None, b"", [("h", b"x" * 2_000_000)])],
    ids=["value", "key", "header"],
)
def test_a_record_that_only_compression_brought_in_is_cut(key: bytes | None, value: bytes | None, own: Headers) -> None:
    got = letter_headers(
        REFUSAL, own, topic="orders.v1", partition=3, offset=42, version="1.2.3", is_cut=is_oversized(key, value, own)
    )

    assert dict(got) == OURS | {"segstream.record_cut": b"true"}


def test_the_largest_record_that_a_broker_takes_is_kept_whole() -> None:
    assert not is_oversized(b"k" * 256, b"x" * (MAX_RECORD_BYTES - 256), [])
