"""Where a reader of the changes stands, as the id of a server-sent event: the next offset of every partition."""

from __future__ import annotations

from collections.abc import Sequence

_VERSION = "1"
_MOST_PARTITIONS = 100_000


def encode_places(offsets: Sequence[int]) -> str:
    """Return the id.

    >>> encode_places([0, 35, 12_000])
    '1-0-z-99c'
    """
    return "-".join([_VERSION, *map(_base36, offsets)])


def decode_places(text: str) -> list[int] | None:
    """Return the offsets that an id stands for, None when it is none of ours.

    >>> decode_places("1-0-z-99c"), decode_places("7"), decode_places("1-Z")
    ([0, 35, 12000], None, None)
    """
    version, *words = text.split("-", _MOST_PARTITIONS)
    if version != _VERSION or not words:
        return None
    offsets = [_number(word) for word in words]
    return None if None in offsets else [offset for offset in offsets if offset is not None]


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _base36(number: int) -> str:
    digits = ""
    while number >= 36:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return _DIGITS[number] + digits


def _number(word: str) -> int | None:
    """Return the number, None unless this is how we would write it."""
    if not word or len(word) > 12 or not all(sign in _DIGITS for sign in word) or (word[0] == "0" and word != "0"):
        return None
    return int(word, 36)
