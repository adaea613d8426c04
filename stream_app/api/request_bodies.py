"""What /predict reads, for the OpenAPI document: the code that reads it is `four_numbers.py`."""

from __future__ import annotations

from typing import Any

from stream_app.api.four_numbers import LIMITS, MONETARY, SPELLINGS

MOST_ROWS = 10_000

_WORDS = (
    "Whole days since the last purchase.",
    "Purchases.",
    "What they came to, in currency units, with at most 4 decimals.",
    "Different products.",
)
EXAMPLE = {"Recency": 15, "Frequency": 50, "Monetary": 1200.5, "Unique_Products": 10}


def _number(at: int) -> dict[str, Any]:
    kind = {"type": "number", "multipleOf": 0.0001} if at == MONETARY else {"type": "integer"}
    return {**kind, "minimum": 0, "maximum": LIMITS[at], "description": _WORDS[at]}


def _row(spelling: int, **more: Any) -> dict[str, Any]:
    names = [names[spelling] for names in SPELLINGS]
    return {
        "type": "object",
        "properties": {name: _number(at) for at, name in enumerate(names)} | more,
        "required": names,
        "additionalProperties": False,
    }


def _rows(**more: Any) -> dict[str, Any]:
    return {"anyOf": [_row(0, **more), _row(1, **more)]}


ONE: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": _rows(), "example": EXAMPLE}},
}
MANY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "items": _rows(customer_id={"type": "string", "description": "Carried through."}),
                "minItems": 1,
                "maxItems": MOST_ROWS,
            },
            "example": [{"customer_id": "anna", **EXAMPLE}],
        },
        "text/csv": {
            "schema": {
                "type": "string",
                "description": "With a header; a column customer_id or id is carried through.",
            },
            "example": "customer_id,Recency,Frequency,Monetary,Unique_Products\nanna,15,50,1200.5,10\n",
        },
    },
}
