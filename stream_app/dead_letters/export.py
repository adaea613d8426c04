"""A dead letter as a line of JSON: bytes that are no UTF-8 text come in base64. Pure."""

from __future__ import annotations

from base64 import b64encode

import msgspec
from msgspec import Struct

from stream_app.core.instants import rfc3339
from stream_app.dead_letters.letter import Letter


class Bytes(Struct, omit_defaults=True):
    """Text, and how it was made of bytes."""

    text: str
    encoding: str = "utf-8"


class Exported(Struct):
    """What `segstream dlq export` writes of a letter."""

    letter: str
    """Its place, as `segstream dlq show` takes it."""
    code: str
    reason: str
    parked_at: str
    topic: str
    partition: int
    offset: int
    key: Bytes | None
    value: Bytes | None
    headers: list[tuple[str, Bytes | None]]


def as_json(letter: Letter) -> str:
    """Return a letter as one line."""
    exported = Exported(
        str(letter.place), letter.code, letter.reason, rfc3339(letter.at_ms * 1_000), letter.topic, letter.partition,
        letter.offset, _bytes(letter.key), _bytes(letter.value),
        [(name, _bytes(value)) for name, value in letter.headers],
    )  # fmt: skip
    return msgspec.json.encode(exported).decode()


def text_of(value: str | bytes) -> tuple[str, str]:
    """Return bytes as text, and its encoding: utf-8, or base64 where they are none."""
    if isinstance(value, str):
        return value, "utf-8"
    try:
        return value.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return b64encode(value).decode(), "base64"


def _bytes(value: str | bytes | None) -> Bytes | None:
    return None if value is None else Bytes(*text_of(value))
