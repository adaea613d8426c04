"""How much nesting, how many fields and how long texts a value may have, whatever it says."""

from __future__ import annotations

import re
from typing import Final

from stream_app.contract.dead_letter import Code, Refusal

MAX_VALUE_BYTES = 1_048_576
MAX_NESTING = 32
MAX_KEYS = 64
MAX_LINES = 5_000
MAX_STRING_BYTES = 4_096

TOO_COMPLEX = Refusal(
    Code.TOO_COMPLEX,
    f"more than {MAX_NESTING} levels, {MAX_KEYS} fields in one object, {MAX_LINES} lines, "
    f"{MAX_STRING_BYTES} bytes in one string or {MAX_VALUE_BYTES} bytes in all",
)


def complexity(value: bytes) -> Refusal | None:
    """Return why the value is too complex, None when it is not; the usual order costs four byte counts."""
    if len(value) > MAX_VALUE_BYTES:
        return TOO_COMPLEX
    is_plain = (
        len(value) <= MAX_STRING_BYTES
        and value.count(b"{") + value.count(b"[") <= MAX_NESTING
        and value.count(b":") <= MAX_KEYS
    )
    if is_plain:
        return None
    return None if _fits(value) else TOO_COMPLEX


def _fits(value: bytes) -> bool:
    """Scan the tokens without building anything: depth, fields of each open object, string lengths."""
    open_fields: list[int] = []
    for token in _TOKEN.finditer(value):
        first = value[token.start()]
        if first == _QUOTE:
            if token.end() - token.start() - 2 > MAX_STRING_BYTES:
                return False
        elif first in _OPENING:
            open_fields.append(0)
            if len(open_fields) > MAX_NESTING:
                return False
        elif open_fields and first == _COLON:
            open_fields[-1] += 1
            if open_fields[-1] > MAX_KEYS:
                return False
        elif open_fields:
            open_fields.pop()
    return True


_QUOTE: Final = 0x22
_COLON: Final = 0x3A
_OPENING: Final = (0x7B, 0x5B)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|[{}\[\]:]', re.DOTALL)
