"""Small files of any shop, and what is read from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from stream_app.history.columns import own_format
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.reading import open_history
from stream_app.history.report import ReadReport
from stream_app.history.writing import Writing

COLUMNS = {
    "order_id": "order",
    "customer_id": "customer",
    "product_id": "product",
    "quantity": "pieces",
    "unit_price": "price",
    "ordered_at": "time",
}
AS_WRITTEN = Writing()


def a_file(folder: Path, lines: Sequence[str], *, header: str = "order,customer,product,pieces,price,time") -> Path:
    """Return a CSV file with these lines."""
    path = folder / "shop.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def a_column(folder: Path, column: str, values: Sequence[str], **others: str) -> Path:
    """Return a file, divided by bars, in which one column has these values, an order each."""
    given = {"pieces": "1", "price": "1", "time": "2025-01-15", **others}
    rows = []
    for number, value in enumerate(values):
        row = {"order": f"o{number}", "customer": "c", "product": "p", **given, column: value}
        rows.append("|".join(f'"{row[name]}"' for name in COLUMNS.values()))
    return a_file(folder, rows, header="|".join(COLUMNS.values()))


def a_table(folder: Path, sql: str) -> Path:
    """Return a parquet file with the rows of a query."""
    path = folder / "shop.parquet"
    duckdb.sql(f"COPY ({sql}) TO '{path}' (FORMAT parquet)")
    return path


def read(
    path: Path, *, columns: Mapping[str, str] = COLUMNS, writing: Writing = AS_WRITTEN, **marks: object
) -> tuple[list[HistoricOrder], ReadReport]:
    """Return the orders of a file with these columns, and the report."""
    with open_history(path, own_format(columns, **marks), writing=writing) as history:  # type: ignore[arg-type]
        return list(history.orders()), history.report
