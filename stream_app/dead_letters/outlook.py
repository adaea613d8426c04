"""What would become of a dead letter if it were sent now. Pure."""

from __future__ import annotations

from typing import assert_never

from stream_app.contract.dead_letter import Code, Headers, Refusal
from stream_app.core.erasure import Marker
from stream_app.core.inbound import Tick, Unread, read_record
from stream_app.core.order import Order
from stream_app.core.rules import Rules
from stream_app.dead_letters.letter import Letter

BY_STATE = {Code.ID_CONFLICT, Code.TOO_OLD}
"""What only the customer's state can tell: an order of the same content meets the same state."""


class _Again:
    """A letter as the record that it would be."""

    def __init__(self, letter: Letter, now_ms: int) -> None:
        self._letter = letter
        self._now_ms = now_ms

    def key(self) -> bytes | None:
        return self._letter.key

    def value(self) -> bytes | None:
        return self._letter.value

    def headers(self) -> Headers | None:
        return self._letter.headers

    def timestamp(self) -> tuple[int, int]:
        return 0, self._now_ms

    def offset(self) -> int:
        return self._letter.offset


def outlook(letter: Letter, was: bytes | None, rules: Rules, now_ms: int) -> Refusal | None:
    """Return why the letter would be refused again, None when nothing speaks against it; `was` is what it held."""
    if letter.code in BY_STATE and letter.value == was:
        return Refusal(Code(letter.code), letter.reason)
    again = read_record(_Again(letter, now_ms), letter.partition, (), rules)
    match again.meaning:
        case Refusal() as refusal:
            return refusal
        case Unread.OTHER_KEY:
            return Refusal(Code.MARKER_INVALID, "the marker needs the erasure key, which is not set here")
        case Order() | Tick() | Marker() | Unread.EMPTY:
            return None
        case _:
            assert_never(again.meaning)
