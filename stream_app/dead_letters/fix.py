"""A small file of renames and defaults that turns refused orders into right ones. Pure.

[rename]              # what the shop calls it = what an order calls it
orderId = "order_id"
[default]             # where it is missing or null
currency = "EUR"
[lines.rename]
sku = "product_id"
[lines.default]
quantity = 1
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field
from pydantic import ValidationError

from stream_app.contract.order import Line, Order
from stream_app.core.errors import UsageError

ORDER_FIELDS = frozenset(Order.model_fields)
LINE_FIELDS = frozenset(Line.model_fields)

Value = str | int | float | bool
Fields = dict[str, Any]


class Mapped(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to the fields of an order, or of each of its lines."""

    rename: dict[str, str] = field(default_factory=dict)
    default: dict[str, Value] = field(default_factory=dict)

    def apply(self, fields: Fields) -> Fields:
        """Return the fields with their new names; a field that is there already is never overwritten."""
        found = dict(fields)
        for old, new in self.rename.items():
            if old in found and found.get(new) is None:
                found[new] = found.pop(old)
        return found | {name: value for name, value in self.default.items() if found.get(name) is None}


class Fix(Mapped, frozen=True, forbid_unknown_fields=True):
    """A whole file: what stands at the top is for orders."""

    lines: Mapped = field(default_factory=Mapped)

    def mend(self, value: bytes | None) -> bytes | None:
        """Return the mended order; what is no JSON object comes back as it is."""
        if value is None:
            return None
        try:
            order = msgspec.json.decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return value
        if not isinstance(order, dict):
            return value
        mended = self.apply(order)
        if isinstance(lines := mended.get("lines"), list):
            mended["lines"] = [self.lines.apply(line) if isinstance(line, dict) else line for line in lines]
        return value if mended == order else msgspec.json.encode(mended)


def read_fix(text: str, name: str) -> Fix:
    """Read a fix from TOML, or from JSON when its name ends so; raises UsageError that says what is wrong in it."""
    try:
        raw = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
        fix = msgspec.convert(raw, Fix)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise _wrong(name, str(error)) from None
    for problem in (*_problems(fix, ORDER_FIELDS, ""), *_problems(fix.lines, LINE_FIELDS, "lines.")):
        raise _wrong(name, problem)
    if problem := _unusable(fix):
        raise _wrong(name, problem)
    if not any((fix.rename, fix.default, fix.lines.rename, fix.lines.default)):
        raise _wrong(name, "it changes nothing")
    return fix


def _problems(mapped: Mapped, known: frozenset[str], where: str) -> list[str]:
    """Return what a fix asks that no order can take."""
    names = {f"{where}rename": list(mapped.rename.values()), f"{where}default": list(mapped.default)}
    found = [
        f"[{table}] names {name}, which is no field; there are {', '.join(sorted(known))}"
        for table, said in names.items()
        for name in said
        if name not in known
    ]
    found += [f"[{where}rename] takes {old}, which is a right name" for old in mapped.rename if old in known]
    found += [f"[{where}rename] makes {new} of several fields" for new in _repeated(mapped.rename)]
    return found


def _unusable(fix: Fix) -> str:
    """Return which default no order could have; an order of ours is given them all."""
    line = {"product_id": "P", "quantity": 1, "unit_price": 1.0} | fix.lines.default
    order = {"order_id": "O", "customer_id": "C", "ordered_at": "2025-01-01T00:00:00Z", "type": "return"}
    try:
        Order.model_validate(order | fix.default | {"lines": [line]})
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"] if not isinstance(part, int))
        return f"the default of {where} cannot be used: {problem['msg']}"
    return ""


def _repeated(rename: Mapping[str, str]) -> set[str]:
    made = list(rename.values())
    return {name for name in made if made.count(name) > 1}


def _wrong(name: str, problem: str) -> UsageError:
    return UsageError(f"{name} is no fix: {problem}.", "docs/how-to/dead-letters.md shows one.", code="FIX_FILE")
