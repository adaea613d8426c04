"""Opens a parquet or CSV file of order lines as a History."""

from __future__ import annotations

import codecs
import gzip
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from stream_app.core.errors import UsageError
from stream_app.history.formats import Format, choose_columns, find_format
from stream_app.history.history import History, ReadReport
from stream_app.history.statements import COUNT_ORDERS, COUNT_REASONS, KEEP_LINES, parse_lines

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BLOCK_BYTES = 1_048_576
PARQUET = "read_parquet($path)"
CSV = "read_csv($path, header = true, all_varchar = true, encoding = '{}')"


def open_history(path: Path | str, format: Format | str, *, timezone: str = "UTC") -> History:
    """Read the file into a temporary database; a time without a zone is one of `timezone`."""
    import duckdb

    wanted = find_format(format) if isinstance(format, str) else format
    source = _source(Path(path))
    folder = TemporaryDirectory(prefix="segstream-history-")
    connection = duckdb.connect(
        Path(folder.name) / "history.duckdb",
        # Everything needed is built in, and reading a file must not reach for a network.
        config={"autoinstall_known_extensions": "false"},
    )
    try:
        _set_timezone(connection, timezone)
        report = _read(connection, wanted, source, str(path))
    except BaseException as error:
        connection.close()
        folder.cleanup()
        if isinstance(error, (duckdb.IOException, duckdb.InvalidInputException)):
            reason = str(error).splitlines()[0]
            raise UsageError(f"{path} cannot be read: {reason}", "Check the file.") from error
        raise
    return History(connection, report, folder)


def _source(path: Path) -> str:
    """Return the table function for the file, chosen by the ending of its name."""
    if not path.is_file():
        raise UsageError(f"{path} is not a file.", "Give the path of a parquet or CSV file.")
    name = path.name.lower()
    if name.endswith((".parquet", ".pq")):
        return PARQUET
    if name.endswith((".csv", ".csv.gz")):
        return CSV.format("utf-8" if _is_utf8(path) else "latin-1")
    raise UsageError(f"{path} ends neither in .parquet nor in .csv.", "Convert or rename the file.")


def _is_utf8(path: Path) -> bool:
    """Tell UTF-8 from the Latin-1 in which the online-retail spreadsheet is usually exported."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_packed = path.name.lower().endswith(".gz")
    try:
        with gzip.open(path) if is_packed else path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    except (OSError, EOFError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "Check the file.") from error
    return True


def _set_timezone(connection: DuckDBPyConnection, timezone: str) -> None:
    import duckdb

    try:
        connection.execute("SET TimeZone = '{}'".format(timezone.replace("'", "''")))
    except duckdb.Error:
        raise UsageError(f"{timezone!r} is not a time zone.", "Use a name such as UTC or Europe/London.") from None


def _read(connection: DuckDBPyConnection, wanted: Format, source: str, path: str) -> ReadReport:
    # DuckDB takes a path for a pattern, and a second file that fits it would be read too.
    parameters = {"path": re.sub(r"[*?\[]", r"[\g<0>]", path)}
    present = connection.execute(f"DESCRIBE SELECT * FROM {source}", parameters).fetchall()
    columns = choose_columns(wanted, [str(row[0]) for row in present])
    connection.execute(parse_lines(wanted, columns, source), parameters)
    connection.execute(KEEP_LINES)
    report = _report(connection)
    connection.execute("DROP TABLE parsed")
    return report


def _report(connection: DuckDBPyConnection) -> ReadReport:
    counts = dict(connection.execute(COUNT_REASONS).fetchall())
    orders, customers, first_us, last_us = connection.execute(COUNT_ORDERS).fetchall()[0]
    return ReadReport(
        lines_read=sum(counts.values()),
        lines_kept=counts.pop(None, 0),
        skipped=counts,
        orders=orders,
        customers=customers,
        first_us=first_us,
        last_us=last_us,
    )
