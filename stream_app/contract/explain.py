"""Why a value is not an order: the slow, readable second look at what the hot path refused."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import ValidationError

from stream_app.contract.dead_letter import Code, Refusal
from stream_app.contract.order import Line, Order

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


class _NotFinite(ValueError):
    """NaN or an infinity stood where a number should be."""


def _refuse_constant(name: str) -> float:
    raise _NotFinite(name)


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
        elif first in b"{[":
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


_QUOTE, _COLON = b'":'
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|[{}\[\]:]', re.DOTALL)


def explain(value: bytes) -> Refusal:
    """Return the reason code and sentence for a value that the hot path refused."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return Refusal(Code.NOT_UTF8, "the value is not UTF-8")
    if text.startswith("\ufeff"):
        return Refusal(Code.NOT_UTF8, "the value begins with a byte order mark")
    try:
        decoded = json.loads(text, parse_constant=_refuse_constant)
    except _NotFinite:
        return Refusal(Code.NOT_FINITE, "NaN and Infinity are not JSON numbers")
    except RecursionError:
        return TOO_COMPLEX
    except ValueError:
        return Refusal(Code.NOT_JSON, "the value is not JSON")
    return refusal_of(decoded)


def refusal_of(decoded: Any) -> Refusal:
    """Return why a decoded JSON value is not an order."""
    if not isinstance(decoded, dict):
        return Refusal(Code.NOT_JSON, "the top level must be an object")
    if _has_surrogate(decoded):
        return Refusal(Code.NOT_UTF8, "a string holds half of a surrogate pair")
    try:
        Order.model_validate(decoded)
    except ValidationError as error:
        return _first_refusal(error)
    return Refusal(Code.BAD_TYPE, "the value is not an order")


def _has_surrogate(decoded: Any) -> bool:
    try:
        json.dumps(decoded, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _first_refusal(error: ValidationError) -> Refusal:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    kind = problem["type"]
    field = ".".join(str(part) for part in problem["loc"] if isinstance(part, int) or part in _FIELDS)
    if kind in Code.__members__:
        code = Code(kind)
        return Refusal(code, f"{field}: {problem['msg']}" if field else problem["msg"])
    if kind == "missing":
        return Refusal(Code.MISSING, field)
    if kind in {"finite_number", "int_parsing_size"}:
        return Refusal(Code.NOT_FINITE, f"{field}: must be a finite number")
    if kind in {"too_long", "string_too_long"}:
        return TOO_COMPLEX
    code = Code.BAD_TIME if field == "ordered_at" else Code.BAD_TYPE
    return Refusal(code, f"{field}: {_READABLE.get(kind, problem['msg'])}")


_FIELDS = {*Order.model_fields, *Line.model_fields}

_READABLE = {
    "int_type": "must be a whole number, written without a fraction",
    "float_type": "must be a number",
    "string_type": "must be a string",
    "string_too_short": "must not be empty",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "literal_error": "must be 'order' or 'return'",
}
