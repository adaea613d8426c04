"""A file of order lines as a relation that DuckDB can read, each line with its number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stream_app.core.errors import UsageError
from stream_app.history.dialect import DELIMITERS, ENCODINGS, Dialect, find_dialect
from stream_app.history.straight import Malformed, straighten

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PARQUET_ENDINGS = (".parquet", ".pq")
CSV_ENDINGS = (".csv", ".tsv")
TEXT = "VARCHAR"
LINE = '"segstream line"'
"""The number of a line in SQL: a name that no shop's file has."""
PREVIEWED = 200


@dataclass(frozen=True)
class Source:
    """Where the lines come from."""

    names: list[str]
    types: list[str]
    """As DuckDB calls them; a CSV file has texts only."""
    identifiers: list[str]
    """Each column's name in SQL."""
    relation: str
    """SQL of a relation with these columns and LINE."""
    parameters: dict[str, str]
    is_text: bool
    """True: LINE is the line that an editor shows. False: it counts rows."""
    written: str = ""
    """The dialect in words."""
    malformed: Malformed | None = None
    """Lines that are not in the relation."""


@dataclass(frozen=True)
class Preview:
    """The columns of a file, and its first rows as text."""

    names: list[str]
    rows: list[tuple[str, ...]]

    def samples(self, place: int) -> list[str]:
        """Return the column's values that are not empty."""
        return [row[place].strip() for row in self.rows if row[place].strip()]


def is_parquet(path: Path) -> bool:
    """Tell the two kinds of file by the ending of the name."""
    if not path.is_file():
        raise UsageError(f"{path} is not a file.", "Give the path of a parquet or CSV file.")
    name = path.name.lower()
    if name.endswith(PARQUET_ENDINGS):
        return True
    if name.removesuffix(".gz").endswith(CSV_ENDINGS):
        return False
    if name.endswith((".xlsx", ".xls", ".ods")):
        raise UsageError(f"{path} is a spreadsheet.", "Save the sheet as CSV (UTF-8), and give that file.")
    raise UsageError(f"{path} ends neither in .parquet nor in .csv.", "Convert or rename the file.")


def open_source(
    connection: DuckDBPyConnection, path: Path, folder: Path, has_wanted: Callable[[list[str]], bool]
) -> Source:
    """Return the file as a relation; a CSV file, whose names may stand below a title, is rewritten into the folder."""
    if is_parquet(path):
        return _parquet(connection, path)
    dialect = find_dialect(path, has_wanted)
    if not any(dialect.names):
        raise UsageError(f"{path} is empty.", "Export it again, with the columns' names in its first line.")
    target = folder / "lines.csv"
    encoding, malformed = straighten(path, dialect, target)
    return _csv(replace(dialect, encoding=encoding), malformed, target)


def preview(path: Path) -> Preview:
    """Return what the beginning of the file shows."""
    if not is_parquet(path):
        dialect = find_dialect(path)
        return Preview(list(dialect.names), list(dialect.rows))
    import duckdb

    with duckdb.connect() as connection:
        try:
            source = _parquet(connection, path)
            texts = ", ".join(f"coalesce(CAST({name} AS VARCHAR), '')" for name in source.identifiers)
            rows = connection.execute(f"SELECT {texts} FROM {source.relation} LIMIT {PREVIEWED}", source.parameters)
            return Preview(source.names, rows.fetchall())
        except duckdb.Error as error:
            raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> UsageError:
    """Return what to say of a file that DuckDB cannot read."""
    return UsageError(f"{path} cannot be read: {str(error).splitlines()[0]}", "Check the file.")


def _parquet(connection: DuckDBPyConnection, path: Path) -> Source:
    relation = f"(SELECT row_number() OVER () AS {LINE}, * FROM read_parquet($path))"
    parameters = {"path": _plain(path)}
    found = connection.execute("DESCRIBE SELECT * FROM read_parquet($path)", parameters).fetchall()
    names = [str(row[0]) for row in found]
    return Source(
        names, [str(row[1]) for row in found], [_quoted(name) for name in names], relation, parameters, is_text=False
    )


def _csv(dialect: Dialect, malformed: Malformed | None, target: Path) -> Source:
    identifiers = [f"c{place}" for place in range(len(dialect.names))]
    types = ", ".join([f"{LINE}: 'BIGINT'", *(f"'{name}': '{TEXT}'" for name in identifiers)])
    relation = (
        f"read_csv($path, auto_detect = false, header = false, delim = '{dialect.delimiter}', quote = '\"', "
        f"escape = '\"', nullstr = '', columns = {{{types}}})"
    )
    written = f"{DELIMITERS[dialect.delimiter]}, {ENCODINGS.get(dialect.encoding, 'UTF-16')}"
    return Source(
        list(dialect.names), [TEXT] * len(identifiers), identifiers, relation, {"path": str(target)},
        is_text=True, written=written, malformed=malformed,
    )  # fmt: skip


def _plain(path: Path) -> str:
    # DuckDB takes a path for a pattern, and a second file that fits it would be read too.
    return "".join(f"[{mark}]" if mark in "*?[" else mark for mark in str(path))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
