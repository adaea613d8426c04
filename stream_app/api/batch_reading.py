"""Many rows at once, from JSON or CSV: every bad value is named with its row."""

from __future__ import annotations

import csv
import io
from http import HTTPStatus
from typing import Any, NamedTuple

from model_store.scoring import FeatureRow
from stream_app.api.four_numbers import SPELLINGS, customer_of, four_numbers, number_of
from stream_app.api.problems import Fault, Problem, bad_values, shown
from stream_app.api.request_bodies import EXAMPLE, MOST_ROWS

MOST_FAULTS = 100
_NUMBERS = {name for names in SPELLINGS for name in names}
_HEADER = ",".join(EXAMPLE)


class Batch(NamedTuple):
    """The rows of a request, with what goes back beside them."""

    rows: list[FeatureRow]
    customers: list[str | None]
    columns: list[str]
    """Of the CSV file; empty for JSON."""
    cells: list[list[str]]


def rows_of_json(given: Any) -> Batch:
    """Return a JSON list's rows; raises Problem when it is none, or for bad values."""
    if not isinstance(given, list):
        detail = "The body must be a JSON list of objects, or CSV with Content-Type: text/csv."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "BAD_VALUES", detail, faults=[])
    _check_count(len(given))
    faults: list[Fault] = []
    rows, customers = [], []
    for number, each in enumerate(given):
        if isinstance(each, dict):
            rows.append(four_numbers(each, faults, f"{number}."))
            customers.append(customer_of(each))
        else:
            faults.append(Fault(str(number), shown(each), "must be an object"))
        _stop_at(faults)
    if faults:
        raise bad_values(faults)
    return Batch(rows, customers, [], [])


def rows_of_csv(body: bytes) -> Batch:
    """Return a CSV file's rows; other columns are carried through. Raises Problem like `rows_of_json`."""
    columns, lines = _table(body)
    _check_count(len(lines))
    faults: list[Fault] = []
    rows, customers = [], []
    for number, line in enumerate(lines):
        if len(line) != len(columns):
            message = f"has {len(line)} cells, and the header has {len(columns)}"
            faults.append(Fault(str(number), shown(",".join(line)), message))
        else:
            cells = dict(zip(columns, line, strict=True))
            numbers = {name: number_of(cell) for name, cell in cells.items() if name in _NUMBERS}
            rows.append(four_numbers(numbers, faults, f"{number}."))
            customers.append(customer_of(cells))
        _stop_at(faults)
    if faults:
        raise bad_values(faults)
    return Batch(rows, customers, columns, lines)


def _table(body: bytes) -> tuple[list[str], list[list[str]]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"The file is not UTF-8: {error.reason} at byte {error.start}."
        raise Problem(HTTPStatus.BAD_REQUEST, "BAD_CSV", detail, "Save it as UTF-8.") from None
    header = text.partition("\n")[0]
    delimiter = ";" if ";" in header and "," not in header else ","
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if line]
    except csv.Error as error:
        hint = f"Its header is like: {_HEADER}"
        raise Problem(HTTPStatus.BAD_REQUEST, "BAD_CSV", f"The file is no CSV: {error}.", hint) from None
    columns = [column.strip() for column in lines[0]] if lines else []
    if len(set(columns)) != len(columns) or not all(set(names) & set(columns) for names in SPELLINGS):
        hint = f"Begin with a header like: {_HEADER}"
        detail = "The header names a column twice, or not all four numbers."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "BAD_CSV", detail, hint)
    return columns, lines[1:]


def _check_count(rows: int) -> None:
    if not rows:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "BAD_VALUES", "There is no row.", faults=[])
    if rows > MOST_ROWS:
        detail = f"There are {rows:,} rows, and at most {MOST_ROWS:,} are read at once."
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_MANY_ROWS", detail, "Send them in parts.")


def _stop_at(faults: list[Fault]) -> None:
    if len(faults) >= MOST_FAULTS:
        raise bad_values(faults[:MOST_FAULTS])
