"""Why a record can never be accepted, and the headers its dead letter carries."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stream_app.contract.topics import MAX_RECORD_BYTES

KEPT_HEADERS = 32
"""So many of the record's own headers are copied; a flag tells when there were more."""

CONNECT = "__connect.errors."
CODE_HEADER = "segstream.code"
VERSION_HEADER = "segstream.worker_version"
CUT_HEADER = "segstream.headers_cut"
RECORD_CUT_HEADER = "segstream.record_cut"
KEPT_BYTES = 65_536
"""So much of a key or a value is kept of a record that fits into no dead letter."""


Headers = list[tuple[str, str | bytes | None]]
"""A record's headers as confluent-kafka takes and gives them."""


class Code(StrEnum):
    """The reason codes of dead letters."""

    KEY_INVALID = "KEY_INVALID"
    KEY_MISMATCH = "KEY_MISMATCH"
    WRONG_PARTITION = "WRONG_PARTITION"
    NOT_UTF8 = "NOT_UTF8"
    NOT_JSON = "NOT_JSON"
    NOT_FINITE = "NOT_FINITE"
    TOO_COMPLEX = "TOO_COMPLEX"
    MISSING = "MISSING"
    BAD_TYPE = "BAD_TYPE"
    BAD_TIME = "BAD_TIME"
    FUTURE_TIME = "FUTURE_TIME"
    AMOUNT_RANGE = "AMOUNT_RANGE"
    CURRENCY = "CURRENCY"
    ID_CONFLICT = "ID_CONFLICT"
    TOO_OLD = "TOO_OLD"
    MARKER_INVALID = "MARKER_INVALID"


@dataclass(frozen=True)
class Refusal:
    """A reason code and a sentence that names fields and limits, never a value from the record."""

    code: Code
    reason: str


class Refused(Exception):
    """Raised while a record is read: it can never be accepted."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.refusal = Refusal(code, reason)


def is_oversized(key: bytes | None, value: bytes | None, own: Headers) -> bool:
    """Tell whether a record is larger than brokers take: only compression brought it past them.

    Copied whole, its dead letter would be refused again and again, and nothing behind it would ever be read.
    """
    names = sum(len(name) + len(text or b"") for name, text in own)
    return len(key or b"") + len(value or b"") + names > MAX_RECORD_BYTES


def letter_headers(
    refusal: Refusal,
    own: Headers,
    *,
    topic: str,
    partition: int,
    offset: int,
    version: str,
    is_cut: bool = False,
) -> Headers:
    """Return a dead letter's headers: the record's first 32, then ours under Kafka Connect's names.

    `is_cut`: of key and value only the beginning is kept, and of the record's own headers none.
    """
    ours = {
        f"{CONNECT}topic": topic,
        f"{CONNECT}partition": str(partition),
        f"{CONNECT}offset": str(offset),
        f"{CONNECT}stage": "VALUE_CONVERTER",
        f"{CONNECT}exception.class.name": "Refused",
        f"{CONNECT}exception.message": refusal.reason,
        CODE_HEADER: refusal.code.value,
        VERSION_HEADER: version,
    }
    if is_cut:
        own = []
        ours[RECORD_CUT_HEADER] = "true"
    if len(own) > KEPT_HEADERS:
        ours[CUT_HEADER] = "true"
    return [*own[:KEPT_HEADERS], *((name, text.encode()) for name, text in ours.items())]
