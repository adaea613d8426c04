"""Times as shops write them: ISO, 31.12.2025 14:05, 12/31/2025 2:05 PM, 31-Dec-2025, seconds since 1970.

What is finer than a microsecond is cut off. A year of two digits lies between 1970 and 2069.
"""

from __future__ import annotations

from stream_app.history.sheet import Sheet
from stream_app.history.writing import Dates

NAIVE = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
AWARE = "TIMESTAMP WITH TIME ZONE"

_ZONE = r"(Z|z|UTC|GMT|[-+][0-9]{2}(?::?[0-9]{2})?)?$"
_TAIL = (
    r"(?:[T ,]+([0-9]{1,2})[:.h]([0-9]{2})(?:[:.]([0-9]{2})(?:[.,]([0-9]+))?)?"
    r" ?(?:([AaPp])[.]?[Mm]?[.]?)?)? ?" + _ZONE
)
_DAY_OF_WEEK = r"(?:[A-Za-z]{3,9},? )?"
ISO = "iso"
EPOCH = "epoch"
YEAR_LAST = "year_last"
SHAPES = {
    ISO: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]{1,9})?)?"
    r"(?:Z|[-+][0-9]{2}(?::?[0-9]{2})?)?)?$",
    YEAR_LAST: r"^([0-9]{1,2})[-/. ]+([0-9]{1,2})[-/. ]+([0-9]{4}|[0-9]{2})" + _TAIL,
    "year_first": r"^([0-9]{4})[-/. ]+([0-9]{1,2})[-/. ]+([0-9]{1,2})" + _TAIL,
    "day_named": rf"^{_DAY_OF_WEEK}([0-9]{{1,2}})(?:st|nd|rd|th|[.])?[- /]([A-Za-z]{{3,9}})[.]?[-, /]+"
    r"([0-9]{4}|[0-9]{2})" + _TAIL,
    "month_named": rf"^{_DAY_OF_WEEK}([A-Za-z]{{3,9}})[.]? ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}})" + _TAIL,
    "compact": r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})" + _TAIL,
    "compact_to_the_second": r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})T?([0-9]{2})([0-9]{2})([0-9]{2})"
    r"(?:[.,]([0-9]+))?()" + _ZONE,
    EPOCH: r"^[0-9]{10}(?:[.][0-9]+)?$|^[0-9]{13}(?:[.]0)?$|^[0-9]{16}(?:[.]0)?$|^[0-9]{19}$",
}
"""Three parts of the date, then hour, minute, second, fraction, half of the day, zone; the first shape that fits."""

_ORDERS = {
    "year_first": "ymd",
    "day_named": "dmy",
    "month_named": "mdy",
    "compact": "ymd",
    "compact_to_the_second": "ymd",
}
_NAMES = "['{}', '{}', '{}', 'hour', 'minute', 'second', 'fraction', 'half', 'zone']"
_PARTS = {"d": "day", "m": "month", "y": "year"}

MACROS = r"""
    CREATE TEMP MACRO written_time(text) AS
        trim(translate(text, chr(160) || chr(8239) || chr(8201) || chr(9), '    '));
    CREATE TEMP MACRO full_year(text) AS
        CASE WHEN length(text) > 2 THEN text WHEN text < '70' THEN '20' || text ELSE '19' || text END;
    CREATE TEMP MACRO month_number(text) AS
        CASE WHEN regexp_matches(text, '^[0-9]') THEN lpad(text, 2, '0') ELSE lpad(CAST(list_position(
            ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
            lower(left(text, 3))) AS VARCHAR), 2, '0') END;
    CREATE TEMP MACRO full_hour(hour, half) AS
        CASE WHEN half = '' THEN lpad(hour, 2, '0')
        WHEN TRY_CAST(hour AS INTEGER) NOT BETWEEN 1 AND 12 THEN '99'
        ELSE lpad(CAST(TRY_CAST(hour AS INTEGER) % 12 + CASE WHEN lower(half) = 'p' THEN 12 ELSE 0 END AS VARCHAR),
            2, '0') END;
    CREATE TEMP MACRO iso_text(found) AS
        full_year(found.year) || '-' || month_number(found.month) || '-' || lpad(found.day, 2, '0')
        || CASE WHEN found.hour = '' THEN ' 00:00' ELSE ' ' || full_hour(found.hour, found.half) || ':' || found.minute
            END
        || ':' || CASE WHEN found.second = '' THEN '00' ELSE found.second END
        || CASE WHEN found.fraction = '' THEN '' ELSE '.' || left(found.fraction, 6) END
        || CASE WHEN found.zone = '' THEN '' WHEN regexp_matches(found.zone, '[A-Za-z]') THEN '+00' ELSE found.zone END;
    CREATE TEMP MACRO epoch_digits(whole, fraction) AS
        CASE length(whole)
            WHEN 10 THEN whole || left(fraction || '000000', 6)
            WHEN 13 THEN whole || '000'
            ELSE left(whole, 16)
        END;
    CREATE TEMP MACRO epoch_text(text) AS
        CAST(make_timestamp(
            CAST(epoch_digits(split_part(text, '.', 1), split_part(text, '.', 2)) AS BIGINT)) AS VARCHAR) || '+00';
"""


def text_of(column: str) -> str:
    """Return SQL for a column as the text that SHAPES speak of."""
    return f"written_time(CAST({column} AS VARCHAR))"


def find_shapes(sheet: Sheet) -> set[str]:
    """Return which shapes the times in `raw` have."""
    choice = " ".join(f"WHEN regexp_matches(text, '{regex}') THEN '{shape}'" for shape, regex in SHAPES.items())
    rows = sheet.rows(f"SELECT DISTINCT CASE {choice} END FROM (SELECT {text_of('ordered_at')} AS text FROM raw)")
    return {shape for (shape,) in rows if shape is not None}


def iso(shapes: set[str], dates: Dates) -> str:
    """Return SQL that writes `text` as ISO, null where no shape fits; an instant keeps its zone."""
    choice = " ".join(
        f"WHEN regexp_matches(text, '{regex}') THEN {_iso_of(shape, regex, dates)}"
        for shape, regex in SHAPES.items()
        if shape in shapes
    )
    return f"CASE {choice} END" if choice else "CAST(NULL AS VARCHAR)"


def _iso_of(shape: str, regex: str, dates: Dates) -> str:
    if shape == ISO:
        return "text"
    if shape == EPOCH:
        return "epoch_text(text)"
    order = _ORDERS.get(shape, dates)
    names = _NAMES.format(*(_PARTS[part] for part in order))
    return f"iso_text(regexp_extract(text, '{regex}', {names}))"
