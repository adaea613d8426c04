"""Builds the report: how many lines of each kind there were, and what the first of them looks like."""

from __future__ import annotations

from typing import Any

from stream_app.contract.order import MONEY_SCALE
from stream_app.core.instants import rfc3339
from stream_app.history import statements
from stream_app.history.reasons import MALFORMED, REASONS, REMARKS
from stream_app.history.report import Example, ReadReport, Understood
from stream_app.history.sheet import Sheet
from stream_app.history.statements import Understanding
from stream_app.history.times import YEAR_LAST

SHOWN_CHARACTERS = 60


def tell(sheet: Sheet, known: Understanding) -> ReadReport:
    """Return what became of the lines, while `raw`, `parsed` and `orders` are there."""
    counts = {code: (count, line) for code, count, line in sheet.rows(statements.COUNT_REASONS)}
    kept, _ = counts.pop(None, (0, None))
    malformed = sheet.source.malformed
    if malformed is not None:
        counts[MALFORMED] = (malformed.lines, malformed.first_line)
    orders, customers, first_us, last_us, _ = sheet.row(statements.COUNT_ORDERS)
    return ReadReport(
        lines_read=kept + sum(count for count, _ in counts.values()),
        lines_kept=kept,
        skipped={code: count for code, (count, _) in counts.items()},
        orders=orders,
        customers=customers,
        first_us=first_us,
        last_us=last_us,
        place=sheet.place,
        examples=tuple(_example(sheet, code, *counts[code]) for code in REASONS if code in counts),
        remarks=tuple(_remarks(sheet)),
        columns=tuple(_understood(sheet)),
        written=sheet.source.written,
        decided=_decided(sheet, known),
    )


def _example(sheet: Sheet, code: str, count: int, line: int) -> Example:
    if code == MALFORMED and sheet.source.malformed is not None:
        return Example(code, count, line, sheet.source.malformed.example)
    return Example(code, count, line, _value(sheet, line, REASONS[code].field))


def _value(sheet: Sheet, line: int, column: str) -> str:
    """Return what stands in a column of a line; in all that are read when no one column shows it."""
    written = _written(sheet, line)
    shown = f"{sheet.wanted.called(column)} {written[column]}" if column in written else " | ".join(written.values())
    return shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"


def _written(sheet: Sheet, line: int) -> dict[str, str]:
    texts = ", ".join(f"coalesce(CAST({column} AS VARCHAR), '')" for column in sheet.columns)
    ((*values,),) = sheet.rows(f"SELECT {texts} FROM raw WHERE line = $line", {"line": line})
    return dict(zip(sheet.columns, map(str, values), strict=True))


def _remarks(sheet: Sheet) -> list[Example]:
    values = sheet.row(statements.COUNT_REMARKS)
    pairs = zip(REMARKS, values[0::2], values[1::2], strict=True)
    return [
        Example(code, count, line, _value(sheet, line, REMARKS[code].field))
        for code, count, line in pairs
        if count and not (code == "return" and not sheet.wanted.is_signed)
    ]


def _understood(sheet: Sheet) -> list[Understood]:
    """Return how the first line that counts was understood; without one only the columns' names."""
    names = {column: sheet.wanted.called(column) for column in sheet.columns}
    first = sheet.rows(statements.FIRST_LINE)
    if not first:
        return [Understood(field, sheet.name(column), "", "") for column, field in names.items()]
    line, *values = first[0]
    written, meant = _written(sheet, line), _meanings(*values)
    return [
        Understood(field, sheet.name(column), written[column], meant.get(column, written[column]))
        for column, field in names.items()
    ]


def _meanings(order_id: str, customer_id: str, product_id: str, *rest: Any) -> dict[str, str]:
    at, quantity, amount, is_return = rest
    return {
        "order_id": order_id,
        "customer_id": customer_id,
        "product_id": product_id,
        "quantity": f"{quantity:,} piece{'' if quantity == 1 else 's'}",
        "money": f"{amount / MONEY_SCALE:,.4f}".rstrip("0").rstrip(".") + " for the line",
        "ordered_at": rfc3339(at),
        "type": "return" if is_return else "order",
    }


def _decided(sheet: Sheet, known: Understanding) -> dict[str, str]:
    """Return what the values themselves had to tell."""
    decided: dict[str, str] = {}
    if sheet.is_text("money"):
        decided["decimal"] = known.marks["money"]
    if YEAR_LAST in known.shapes:
        decided["dates"] = known.dates
    return decided
