"""What became of a file's lines: nothing is left out in silence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stream_app.core.instants import rfc3339
from stream_app.history.reasons import REASONS, REMARKS


@dataclass(frozen=True)
class Example:
    """How many lines share a reason or a remark, and the first of them."""

    code: str
    lines: int
    first_line: int | None
    value: str
    """What stands there, in the column that shows it best."""


@dataclass(frozen=True)
class Understood:
    """One column of the file, and how its first value was understood."""

    field: str
    column: str
    written: str
    meaning: str


@dataclass(frozen=True)
class ReadReport:
    """What was read, what was left out and why."""

    lines_read: int
    lines_kept: int
    """Lines that count: all that were read less all that were skipped."""
    skipped: dict[str, int]
    """Lines by reason; those of `quantity_zero` stay in their orders and count nowhere."""
    orders: int
    customers: int
    first_us: int | None
    """Time of the first order, None when there is none."""
    last_us: int | None
    place: str = "line"
    """`line`: as an editor counts them. `row`: of a table, from 1."""
    examples: tuple[Example, ...] = ()
    """One for each reason, in the order of REASONS."""
    remarks: tuple[Example, ...] = ()
    """Of lines that were kept, but where a rule had to be applied."""
    columns: tuple[Understood, ...] = ()
    written: str = ""
    """Delimiter and encoding in words; empty for parquet."""
    decided: dict[str, str] = field(default_factory=dict)
    """What a person said or the values told: `dates` and `decimal`, as the flags of these names take them."""

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "lines_read": self.lines_read,
            "lines_kept": self.lines_kept,
            "orders": self.orders,
            "customers": self.customers,
            "first_order_at": None if self.first_us is None else rfc3339(self.first_us),
            "last_order_at": None if self.last_us is None else rfc3339(self.last_us),
            "skipped": [
                {"reason": e.code, **_facts(e), "words": REASONS[e.code].words, "mend": REASONS[e.code].mend}
                for e in self.examples
            ],
            "remarks": [{"remark": e.code, **_facts(e), "words": REMARKS[e.code].words} for e in self.remarks],
            "columns": {
                c.field: {"column": c.column, "written": c.written, "understood": c.meaning} for c in self.columns
            },
            "written": self.written,
            **self.decided,
        }


def _facts(example: Example) -> dict[str, Any]:
    return {"lines": example.lines, "first_line": example.first_line, "value": example.value}
