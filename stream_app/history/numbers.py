"""Numbers as shops write them, read as exact decimals: `1.234,50 €`, `$1,234.50`, `1 234,5-`.

A number is read to 10 decimals, further ones rounded. A float stands for the shortest decimal that
means it, so 2.55 is 2.55.
"""

from __future__ import annotations

from stream_app.history.source import TEXT
from stream_app.history.writing import DecimalMark

NUMBER = "DECIMAL(38, 10)"
INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")
FLOATS = ("FLOAT", "DOUBLE")

CURRENCY = r"(?:[A-Za-z]{0,3}\p{Sc}|[A-Za-z]{3}|[Kk][Rr]\.?|[Ff]r\.|zł|Kč|Ft)"
"""A sign, a code of three letters, and the abbreviations that are neither."""

_SPACES = r"[ \t\x{a0}\x{202f}\x{2009}]"
_DASHES = "[-−–—]"


def is_number(kind: str) -> bool:
    """Tell whether a column of this type can hold numbers."""
    return kind == TEXT or kind in INTEGERS or kind in FLOATS or kind.startswith("DECIMAL")


def number(column: str, kind: str, mark: DecimalMark) -> str:
    """Return SQL for a column's exact value, null where it is no number."""
    if kind != TEXT:
        # A float's text is the shortest one that means it; from its bits 2.55 would be 2.5499999999.
        exact = f"CAST({column} AS VARCHAR)" if kind in FLOATS else column
        return f"TRY_CAST({exact} AS {NUMBER})"
    plain = column if mark == "point" else f"replace({column}, ',', '.')"
    is_plain = rf"regexp_full_match({column}, '[-+]?[0-9]+(?:{_regex(mark)}[0-9]+)?(?:[eE][-+]?[0-9]+)?')"
    return f"CASE WHEN {is_plain} THEN TRY_CAST({plain} AS {NUMBER}) ELSE {_adorned(column, mark)} END"


def _regex(mark: DecimalMark) -> str:
    return "," if mark == "comma" else "[.]"


def _adorned(column: str, mark: DecimalMark) -> str:
    """Return SQL for a number with signs, currency or a mark between thousands.

    The groups: four places where a minus or a bracket may stand, the whole digits, those behind the mark.
    """
    thousands = "|".join(
        f"[0-9]{{1,3}}(?:{between}[0-9]{{2,3}})*{between}[0-9]{{3}}"
        for between in (_regex("point" if mark == "comma" else "comma"), "['’]", _SPACES)
    )
    shape = (
        rf"^{_SPACES}*([-−–+(]?){_SPACES}*{CURRENCY}?{_SPACES}*([-−–+]?){_SPACES}*"
        rf"({thousands}|[0-9]+)?(?:{_regex(mark)}({_DASHES}{{1,2}}|[0-9]*))?"
        rf"{_SPACES}*([-−–)]?){_SPACES}*{CURRENCY}?{_SPACES}*([-−–)]?){_SPACES}*$"
    )
    pattern = shape.replace("'", "''")
    groups = "['before', 'inside', 'whole', 'part', 'after', 'behind']"
    return f"signed_number(regexp_extract({column}, '{pattern}', {groups}))"


MACROS = rf"""
    CREATE TEMP MACRO digits(found) AS regexp_replace(found, '[^0-9]', '', 'g');
    CREATE TEMP MACRO sign_of(marks) AS
        CASE WHEN marks IN ('', '+') THEN '' WHEN marks IN ('-', '−', '–', '()') THEN '-' END;
    CREATE TEMP MACRO signed_number(found) AS
        CASE WHEN digits(found.whole || found.part) <> '' THEN TRY_CAST(
            sign_of(found.before || found.inside || found.after || found.behind) || '0'
            || digits(found.whole) || '.' || digits(found.part) || '0'
            AS {NUMBER})
        END;
"""
