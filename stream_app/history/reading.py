"""Opens a parquet or CSV file of order lines as a History."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from stream_app.core.errors import UsageError
from stream_app.history import numbers, statements, times
from stream_app.history.decisions import decide
from stream_app.history.formats import Format, choose_columns, find_format
from stream_app.history.history import History, is_interrupt
from stream_app.history.report import ReadReport
from stream_app.history.sheet import Sheet
from stream_app.history.source import is_parquet, open_source, unreadable
from stream_app.history.telling import tell
from stream_app.history.writing import Writing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AS_WRITTEN = Writing()


def open_history(path: Path | str, format: Format | str, *, writing: Writing = AS_WRITTEN) -> History:
    """Read the file into a temporary database; what the writing leaves open has to show in the file."""
    import duckdb

    wanted = find_format(format) if isinstance(format, str) else format
    is_parquet(Path(path))
    folder = TemporaryDirectory(prefix="segstream-history-")
    connection = duckdb.connect(
        Path(folder.name) / "history.duckdb",
        # Everything needed is built in, and reading a file must not reach for a network.
        config={"autoinstall_known_extensions": "false"},
    )
    try:
        # The database is thrown away: there is nothing to tidy up at its end.
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        _set_timezone(connection, writing.timezone)
        for macros in (numbers.MACROS, times.MACROS, statements.MACROS):
            connection.execute(macros)
        sheet = _copy(connection, Path(path), wanted, Path(folder.name))
        report = _read(sheet, writing)
    except BaseException as error:
        connection.close()
        folder.cleanup()
        if isinstance(error, (duckdb.IOException, duckdb.InvalidInputException)):
            raise unreadable(Path(path), error) from error
        if is_interrupt(error):
            raise KeyboardInterrupt from error
        raise
    return History(connection, report, folder)


def _set_timezone(connection: DuckDBPyConnection, timezone: str) -> None:
    import duckdb

    try:
        connection.execute("SET TimeZone = '{}'".format(timezone.replace("'", "''")))
    except duckdb.Error:
        raise UsageError(f"{timezone!r} is not a time zone.", "Use a name such as UTC or Europe/London.") from None


def _copy(connection: DuckDBPyConnection, path: Path, wanted: Format, folder: Path) -> Sheet:
    """Return the file's columns that matter, in a table; the rewritten CSV file is not needed after that."""
    source = open_source(connection, path, folder, wanted.is_in)
    columns = choose_columns(wanted, source.names)
    connection.execute(statements.copy_columns(columns, source), source.parameters)
    (folder / "lines.csv").unlink(missing_ok=True)
    return Sheet(connection, source, columns, wanted)


def _read(sheet: Sheet, writing: Writing) -> ReadReport:
    known = decide(sheet, writing)
    connection = sheet.connection
    connection.execute(statements.parse_lines(sheet.wanted, known, writing.currency))
    _keep(sheet)
    *_, has_large = sheet.row(statements.COUNT_ORDERS)
    if has_large:
        connection.execute(statements.LEAVE_LARGE_ORDERS_OUT)
        _keep(sheet)
    _check_ids(sheet)
    report = tell(sheet, known)
    for table in ("raw", "parsed", "orders"):
        connection.execute(f"DROP TABLE {table}")
    return report


def _keep(sheet: Sheet) -> None:
    is_mixed = bool(sheet.wanted.is_signed or sheet.wanted.type) and bool(sheet.rows(statements.FIND_RETURN))
    sheet.connection.execute(statements.keep_lines(is_mixed=is_mixed))
    sheet.connection.execute(statements.KEEP_ORDERS)


def _check_ids(sheet: Sheet) -> None:
    for customer_id, order_id in sheet.rows(statements.FIND_SAME_ID):
        raise UsageError(
            f"customer {customer_id} has two orders {order_id}: one in the file, and one made of returned lines.",
            f"Rename it: ids that end in {statements.RETURN_SUFFIX} are given to the returned lines of an order.",
        )
