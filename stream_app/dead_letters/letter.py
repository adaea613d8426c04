"""A record of the dead-letter topic, read: a letter, or the mark that one was sent again. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from stream_app.contract.dead_letter import CODE_HEADER, CONNECT, CUT_HEADER, VERSION_HEADER, Headers
from stream_app.contract.replay_mark import ORIGIN_HEADER, REPLAYED_AT_HEADER, REPLAYED_BY_HEADER, REPLAYED_HEADER
from stream_app.core.errors import UsageError

OURS = 8
"""So many headers of ours end a letter, one more where the order had too many of its own."""

_PLACE = re.compile(r"(\d{1,9}):(\d{1,18})")


@dataclass(frozen=True, order=True)
class Place:
    """Where a letter stands in the dead-letter topic; people write it `partition:offset`."""

    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.partition}:{self.offset}"


@dataclass(frozen=True)
class Letter:
    """An order that was refused, as it came, and why."""

    place: Place
    at_ms: int
    """When it was parked, in milliseconds since 1970."""
    key: bytes | None
    value: bytes | None
    headers: Headers
    """Its own, without ours."""
    code: str
    reason: str
    topic: str
    """Where it stood: in this topic, at this partition and offset."""
    partition: int
    offset: int
    version: str
    """Of the worker that refused it."""
    is_cut: bool
    """True when it had more headers than a letter keeps."""

    def with_value(self, value: bytes | None) -> Letter:
        """Return the letter with another content."""
        return replace(self, value=value)


@dataclass(frozen=True)
class Mark:
    """Says that a letter was sent again."""

    letter: Place
    code: str
    at: str
    by: str


def read_letter(
    place: Place, at_ms: int, key: bytes | None, value: bytes | None, headers: Headers
) -> Letter | Mark | None:
    """Return what a record is, None when segstream did not write it."""
    is_cut = bool(headers) and headers[-1][0] == CUT_HEADER
    count = OURS + is_cut
    own, ours = headers[:-count], {name: _text(value) for name, value in headers[-count:]}
    try:
        return Letter(
            place, at_ms, key, value, [pair for pair in own if pair[0] != ORIGIN_HEADER], ours[CODE_HEADER],
            ours[f"{CONNECT}exception.message"], ours[f"{CONNECT}topic"], int(ours[f"{CONNECT}partition"]),
            int(ours[f"{CONNECT}offset"]), ours[VERSION_HEADER], is_cut,
        )  # fmt: skip
    except (KeyError, ValueError):
        return _mark(place.partition, {name: _text(value) for name, value in headers})


def _mark(partition: int, said: dict[str, str]) -> Mark | None:
    offset = said.get(REPLAYED_HEADER, "")
    if not offset.isdecimal():
        return None
    at, by = said.get(REPLAYED_AT_HEADER, ""), said.get(REPLAYED_BY_HEADER, "")
    return Mark(Place(partition, int(offset)), said.get(CODE_HEADER, ""), at, by)


def _text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""


def place_from(text: str) -> Place:
    """Return the place that a person wrote; raises UsageError when it is none."""
    found = _PLACE.fullmatch(text)
    if found is None:
        raise UsageError(f"{text} is no place of a dead letter.", "Write it as `segstream dlq list` shows it: 3:17.")
    return Place(int(found[1]), int(found[2]))
