"""Why a value is not an order: the slow, readable second look at what the hot path refused."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from stream_app.contract.complexity import TOO_COMPLEX
from stream_app.contract.dead_letter import Code, Refusal
from stream_app.contract.order import Line, Order


class _NotFinite(ValueError):
    """NaN or an infinity stood where a number should be."""


def _refuse_constant(name: str) -> float:
    raise _NotFinite(name)


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
