"""Whether a file has decimal commas or points, and one currency: decided from whole columns, never guessed."""

from __future__ import annotations

from dataclasses import dataclass, field

from stream_app.core.errors import UsageError
from stream_app.history.numbers import CURRENCY
from stream_app.history.sheet import Sheet
from stream_app.history.writing import DecimalMark

Seen = dict[str, str]
"""By what values show (comma, point, or open when it may be either): the first one, and where it stands."""

_BLANKS = r" \t\x{a0}\x{202f}\x{2009}"


@dataclass(frozen=True)
class Marked:
    """A column of numbers written as text."""

    name: str
    seen: Seen = field(default_factory=dict)

    @property
    def shown(self) -> DecimalMark | None:
        """The one mark that the values show, None when they show none or both."""
        if self.is_at_odds:
            return None
        return "comma" if "comma" in self.seen else "point" if "point" in self.seen else None

    @property
    def is_at_odds(self) -> bool:
        """Whether some values show one mark and some the other."""
        return "comma" in self.seen and "point" in self.seen


def look_at_marks(sheet: Sheet, column: str) -> Marked:
    """Return what a column of text shows."""
    rows = sheet.rows(_marks_sql(column))
    seen = {mark: f"{written.strip()!r} ({sheet.place} {line})" for mark, line, written in rows}
    return Marked(sheet.name(column), seen)


def _marks_sql(column: str) -> str:
    """1.234 alone may be either; 1,5 and 1.234.567 and 1.234,5 show a decimal comma."""
    return rf"""
        WITH bodies AS (
            SELECT line, {column} AS written, rtrim(regexp_replace(
                regexp_extract({column}, '[0-9][0-9.,''’{_BLANKS}]*'), '[^0-9.,]', '', 'g'), '.,') AS body
            FROM raw WHERE regexp_matches({column}, '[.,]')
        ), judged AS (
            SELECT line, written, CASE
                WHEN contains(body, ',') AND contains(body, '.')
                    THEN CASE WHEN regexp_matches(body, ',[0-9]*$') THEN 'comma' ELSE 'point' END
                WHEN regexp_full_match(body, '[1-9][0-9]{{0,2}}[.,][0-9]{{3}}') THEN 'open'
                WHEN regexp_matches(body, '[.].*[.]') OR regexp_full_match(body, '[0-9]+,[0-9]+') THEN 'comma'
                WHEN regexp_matches(body, ',.*,') OR regexp_full_match(body, '[0-9]+[.][0-9]+') THEN 'point'
            END AS mark
            FROM bodies
        )
        SELECT mark, min(line), arg_min(written, line) FROM judged WHERE mark IS NOT NULL GROUP BY mark
    """


def decide_mark(column: Marked, other: Marked | None, default: DecimalMark | None) -> DecimalMark:
    """Return the mark that the column shows, or else the other column, or else the default; refuses to guess."""
    if column.is_at_odds and default is None:
        raise UsageError(
            f"column {column.name} has both decimal marks: {column.seen['comma']} and {column.seen['point']}.",
            "Say --decimal comma or --decimal point; the lines that it does not fit are left out and listed.",
        )
    mark = column.shown or (other.shown if other else None) or default
    if mark is None and "open" in column.seen:
        raise UsageError(
            f"column {column.name}: {column.seen['open']} may be a thousand and more, or a number with decimals, "
            "and no other value tells which.",
            "Say --decimal comma for 1,234 = 1.234 and 1.234 = 1234, or --decimal point for the contrary.",
        )
    return mark or "point"


def check_currency(sheet: Sheet, column: str) -> None:
    """Refuse money with more than one currency: sums of it mean nothing."""
    rows = sheet.rows(_currencies_sql(column))
    if len(rows) > 1:
        found = ", ".join(f"{sign} ({sheet.place} {line})" for sign, line in rows[:5])
        raise UsageError(
            f"column {sheet.name(column)} is in more than one currency: {found}.",
            "Keep one of them in the file; or name the column that tells the currency: add currency=… to --columns.",
        )


def _currencies_sql(column: str) -> str:
    return rf"""
        WITH signs AS (
            SELECT line, upper(regexp_replace({column}, '[-−–—+()0-9.,''’{_BLANKS}]', '', 'g')) AS sign
            FROM raw WHERE regexp_matches({column}, '[0-9]') AND regexp_matches({column}, '[^-0-9.,]')
        )
        SELECT sign, min(line) FROM signs WHERE regexp_full_match(sign, '(?i:{CURRENCY})')
        GROUP BY sign ORDER BY min(line)
    """
