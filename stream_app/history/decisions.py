"""What is decided about a file from its values before its lines are read, and what is refused."""

from __future__ import annotations

from stream_app.core.errors import UsageError
from stream_app.history.dates import decide_dates, look_at_dates
from stream_app.history.marks import Marked, check_currency, decide_mark, look_at_marks
from stream_app.history.numbers import is_number
from stream_app.history.sheet import Sheet
from stream_app.history.source import TEXT
from stream_app.history.statements import Understanding
from stream_app.history.times import AWARE, NAIVE, YEAR_LAST, find_shapes
from stream_app.history.words import ORDER_WORDS, RETURN_WORDS
from stream_app.history.writing import Dates, DecimalMark, Writing


def decide(sheet: Sheet, writing: Writing) -> Understanding:
    """Return how the columns are to be read; raises UsageError where that cannot be known."""
    _check_numbers(sheet)
    if sheet.wanted.type and not sheet.wanted.return_types:
        _check_type_words(sheet)
    if "currency" in sheet.columns:
        _check_currency_column(sheet, writing.currency)
    elif sheet.is_text("money"):
        check_currency(sheet, "money")
    is_written = sheet.kinds["ordered_at"] not in {*NAIVE, AWARE}
    shapes = find_shapes(sheet) if is_written else set()
    dates = _dates(sheet, writing.dates) if YEAR_LAST in shapes else "ymd"
    return Understanding(sheet.kinds, _marks(sheet, writing.decimal), shapes, dates)


def _check_numbers(sheet: Sheet) -> None:
    for column in ("quantity", "money"):
        kind = sheet.kinds.get(column, TEXT)
        if not is_number(kind):
            raise UsageError(
                f"column {sheet.name(column)} cannot be {sheet.wanted.called(column)}: it holds {kind.lower()}.",
                "Name another one with --columns.",
            )


def _dates(sheet: Sheet, said: Dates | None) -> Dates:
    if said is not None:
        return said
    return decide_dates(look_at_dates(sheet), sheet.name("ordered_at"), sheet.wanted.dates)


def _marks(sheet: Sheet, said: DecimalMark | None) -> dict[str, DecimalMark]:
    """Return the decimal mark of each column: what a person said, except where quantities show the contrary."""
    looked = {column: look_at_marks(sheet, column) for column in ("quantity", "money") if sheet.is_text(column)}
    default = sheet.wanted.decimal

    def mark(column: Marked | None, other: Marked | None) -> DecimalMark:
        return "point" if column is None else said or decide_mark(column, other, default)

    money, quantity = looked.get("money"), looked.get("quantity")
    # A data frame writes 6.0 beside 12,50: what a person says is said of money.
    shown = quantity.shown if quantity else None
    return {"money": mark(money, quantity), "quantity": shown or mark(quantity, money)}


def _check_type_words(sheet: Sheet) -> None:
    rows = sheet.rows(
        """SELECT trim(CAST(type AS VARCHAR)) AS word, count(*), min(line) FROM raw
        WHERE type IS NOT NULL AND NOT list_contains($known, lower(word))
        GROUP BY word ORDER BY min(line) LIMIT 5""",
        {"known": [word.casefold() for word in (*ORDER_WORDS, *RETURN_WORDS)]},
    )
    if rows:
        found = ", ".join(f"{word!r} ({lines:,} from {sheet.place} {line})" for word, lines, line in rows)
        raise UsageError(
            f"column {sheet.name('type')} says what is neither an order nor a return: {found}.",
            "Say which words mean a return, for example --return-types Gutschrift,Storno; all others are orders then.",
        )


def _check_currency_column(sheet: Sheet, currency: str) -> None:
    rows = sheet.rows("SELECT DISTINCT currency_code(CAST(currency AS VARCHAR)) AS code FROM raw ORDER BY code")
    codes = [code for (code,) in rows if code]
    if codes and currency.upper() not in codes:
        raise UsageError(
            f"column {sheet.name('currency')} says {', '.join(codes[:5])}; the deployment's currency is {currency}.",
            f"Set SEGSTREAM_CURRENCY={codes[0]} for every command and worker of the deployment.",
        )
