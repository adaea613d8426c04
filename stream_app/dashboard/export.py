"""A segment's customers as rows: for the screen, and as CSV to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime

from stream_app.dashboard.answers import Member, Members
from stream_app.dashboard.figures import moment_of

COLUMNS = ("customer_id", "since", "valid_until", "last_purchase", "frequency", "monetary", "unique_products")
MOST_ROWS = 1_000_000

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def member_row(member: Member, currency: str) -> dict[str, str | float | datetime | None]:
    """Return one customer for a table that sorts numbers as numbers and days as days."""
    return {
        "Customer": member.customer_id,
        "In it since": moment_of(member.since),
        "At least until": moment_of(member.valid_until),
        "Last purchase": moment_of(member.recency_at),
        "Purchases": member.frequency,
        f"Amount, {currency}": member.monetary,
        "Products": member.unique_products,
    }


def csv_lines(page_at: Callable[[str | None], Members]) -> Iterator[str]:
    """Yield a CSV file's lines, page after page, the header first."""
    yield _line(COLUMNS)
    cursor, rows = None, 0
    while rows < MOST_ROWS:
        page = page_at(cursor)
        for member in page.customers:
            rows += 1
            yield _line(_cells(member))
        cursor = page.cursor
        if cursor is None:
            return


def _cells(member: Member) -> tuple[object, ...]:
    return (
        _harmless(member.customer_id), member.since, member.valid_until, member.recency_at, member.frequency,
        member.monetary, member.unique_products,
    )  # fmt: skip


def _harmless(text: str) -> str:
    """Return an id that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()
