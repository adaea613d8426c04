"""A segment's customers as rows: for the screen, and as CSV to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from stream_app.dashboard.answers import Member, Members
from stream_app.dashboard.figures import NONE, count, day, money

COLUMNS = ("customer_id", "since", "valid_until", "last_purchase", "frequency", "monetary", "unique_products")
MOST_ROWS = 1_000_000

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def member_row(member: Member, currency: str) -> dict[str, str]:
    """Return one customer as people read it."""
    return {
        "Customer": member.customer_id,
        "In it since": day(member.since),
        "At least until": day(member.valid_until) if member.valid_until else "time alone moves nothing",
        "Last purchase": day(member.recency_at),
        "Purchases": NONE if member.frequency is None else count(member.frequency),
        "Amount": NONE if member.monetary is None else money(member.monetary, currency),
        "Products": NONE if member.unique_products is None else count(member.unique_products),
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
