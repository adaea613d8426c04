"""Whether day or month comes first: decided from the whole column, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from stream_app.core.errors import UsageError
from stream_app.history.sheet import Sheet
from stream_app.history.times import SHAPES, YEAR_LAST, text_of
from stream_app.history.writing import Dates

ORDERS: tuple[Dates, ...] = get_args(Dates)

LOOK_AT_DATES = f"""
    WITH parts AS (
        SELECT line, text, regexp_extract(text, '{SHAPES[YEAR_LAST]}', ['a', 'b', 'c']) AS part
        FROM (SELECT line, {text_of("ordered_at")} AS text FROM raw)
        WHERE regexp_matches(text, '{SHAPES[YEAR_LAST]}')
    ),
    numbers AS (
        SELECT line, text, CAST(part.a AS INTEGER) AS a, CAST(part.b AS INTEGER) AS b, CAST(part.c AS INTEGER) AS c,
            length(part.c) = 2 AS is_short
        FROM parts
    )
    SELECT
        b BETWEEN 1 AND 12 AND a BETWEEN 1 AND 31 AS dmy,
        a BETWEEN 1 AND 12 AND b BETWEEN 1 AND 31 AS mdy,
        is_short AND b BETWEEN 1 AND 12 AND c BETWEEN 1 AND 31 AS ymd,
        bool_and(a = b AND (a = c OR NOT (is_short AND c BETWEEN 1 AND 31))) AS is_same,
        min(line),
        arg_min(text, line)
    FROM numbers
    GROUP BY ALL
"""


@dataclass(frozen=True)
class Possible:
    """Dates that may be read in the same ways."""

    orders: frozenset[Dates]
    is_same: bool
    """Whether every way gives the same date, as for 05.05.2025."""
    first: str


def look_at_dates(sheet: Sheet) -> list[Possible]:
    """Return in which ways the dates that end in a year may be read."""
    found = []
    for *flags, is_same, line, text in sheet.rows(LOOK_AT_DATES):
        orders = frozenset(order for order, is_possible in zip(ORDERS, flags, strict=True) if is_possible)
        if orders:
            found.append(Possible(orders, is_same, f"{text!r} ({sheet.place} {line})"))
    return found


def decide_dates(found: list[Possible], name: str, default: Dates | None) -> Dates:
    """Return the one order that fits the column, or else the default; refuses to guess."""
    clear = {order: dates.first for dates in found for order in dates.orders if len(dates.orders) == 1}
    fitting = frozenset(ORDERS).intersection(*(dates.orders for dates in found))
    if len(clear) == 1 or len(fitting) == 1:
        return next(iter(clear or fitting))
    if default is not None:
        return default
    if clear:
        raise UsageError(
            f"column {name} has dates of more than one order: {' and '.join(clear.values())}.",
            "Say --dates dmy, --dates mdy or --dates ymd; the lines that it does not fit are left out and listed.",
        )
    open_ones = [dates for dates in found if not dates.is_same]
    if open_ones:
        raise UsageError(
            f"column {name}: {open_ones[0].first} may begin with the day or with the month, and no other date "
            "tells which.",
            "Say --dates dmy if it begins with the day, --dates mdy if with the month, --dates ymd if with the year.",
        )
    return min(fitting, default="dmy")
