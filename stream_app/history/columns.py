"""A shop's own columns as a person names them: `order_id=InvoiceNo,customer_id="Customer, ID",…`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from stream_app.core.errors import UsageError
from stream_app.history.formats import Format

FIELDS = ("order_id", "customer_id", "product_id", "quantity", "unit_price", "amount", "ordered_at", "type", "currency")
OPTIONAL = {"quantity", "unit_price", "amount", "type", "currency"}
OWN = "own"

_PAIR = re.compile(r'\s*(?P<field>[^=,"]*?)\s*=\s*(?P<column>"(?:[^"]|"")*"|(?!")[^,]*?)\s*(?:,|$)')
_PLAIN = re.compile(r'[^",=\s](?:[^",]*[^",\s])?')


def parse_columns(text: str) -> dict[str, str]:
    """Return the file's column of each field; a name with a comma stands in double quotes.

    >>> parse_columns('order_id=InvoiceNo, customer_id="Customer, ID"')
    {'order_id': 'InvoiceNo', 'customer_id': 'Customer, ID'}
    """
    chosen: dict[str, str] = {}
    position = 0
    while position < len(text):
        pair = _PAIR.match(text, position)
        if pair is None or not pair["column"]:
            raise UsageError(
                f"--columns cannot be read from here on: {text[position:]}",
                'Write field=column,field=column; a name with a comma in double quotes: order_id="No, intern".',
            )
        _add(chosen, pair["field"], _unquoted(pair["column"]))
        position = pair.end()
    return chosen


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _add(chosen: dict[str, str], field: str, column: str) -> None:
    if field not in FIELDS:
        close = get_close_matches(field, FIELDS, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise UsageError(f"--columns: {field!r} is not a field of an order.", f"{hint}Fields are {', '.join(FIELDS)}.")
    if field in chosen:
        raise UsageError(f"--columns names {field} twice: {chosen[field]} and {column}.", "Keep one of them.")
    chosen[field] = column


def columns_text(chosen: Mapping[str, str]) -> str:
    """Return the text that `parse_columns` reads back as the same columns."""
    return ",".join(f"{field}={_quoted(chosen[field])}" for field in FIELDS if field in chosen)


def _quoted(name: str) -> str:
    if _PLAIN.fullmatch(name):
        return name
    return '"{}"'.format(name.replace('"', '""'))


def own_format(chosen: Mapping[str, str], *, return_prefix: str = "", return_types: Sequence[str] = ()) -> Format:
    """Return the format of a file whose columns a person named; raises UsageError when it cannot make orders."""
    _check(chosen, return_types)

    def names(field: str) -> tuple[str, ...]:
        return (chosen[field],) if field in chosen else ()

    return Format(
        name=OWN,
        order_id=names("order_id"),
        customer_id=names("customer_id"),
        product_id=names("product_id"),
        quantity=names("quantity"),
        money=names("unit_price") or names("amount"),
        ordered_at=names("ordered_at"),
        type=names("type"),
        currency=names("currency"),
        is_unit_price="unit_price" in chosen,
        return_prefix=return_prefix,
        return_types=tuple(return_types),
        is_signed=True,
    )


def _check(chosen: Mapping[str, str], return_types: Sequence[str]) -> None:
    missing = [field for field in FIELDS if field not in OPTIONAL and field not in chosen]
    if missing:
        raise UsageError(f"--columns does not say which column is {', '.join(missing)}.", "Every order needs them.")
    has_price, has_amount = "unit_price" in chosen, "amount" in chosen
    if has_price == has_amount:
        raise UsageError(
            f"--columns names {'both' if has_price else 'neither'} unit_price {'and' if has_price else 'nor'} amount.",
            "Name one: unit_price is the price of one piece, amount the line's total after discounts.",
        )
    if has_price and "quantity" not in chosen:
        raise UsageError(
            "--columns names unit_price but no quantity.",
            "Add quantity=…; or, if the column holds the line's total, call it amount: each line is one piece then.",
        )
    if return_types and "type" not in chosen:
        raise UsageError("--return-types needs a column that says what a line is.", "Add type=… to --columns.")
