"""A file whose columns are chosen and copied, and whose lines are not read yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stream_app.history.formats import Format
from stream_app.history.source import TEXT, Source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Sheet:
    """The table `raw`, one row per line of the file."""

    connection: DuckDBPyConnection
    source: Source
    columns: dict[str, int]
    """Where each column of `raw` stands in the file."""
    wanted: Format

    @property
    def kinds(self) -> dict[str, str]:
        """Return the type of each column."""
        return {column: self.source.types[place] for column, place in self.columns.items()}

    def is_text(self, column: str) -> bool:
        """Tell whether the column is there, as text."""
        return self.kinds.get(column) == TEXT

    def name(self, column: str) -> str:
        """Return what the file calls a column."""
        return self.source.names[self.columns[column]]

    @property
    def place(self) -> str:
        """What a line is called: `line` where an editor shows its number, `row` in a table."""
        return "line" if self.source.is_text else "row"

    def rows(self, sql: str, parameters: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(sql, parameters or {}).fetchall()

    def row(self, sql: str) -> tuple[Any, ...]:
        """Return the one row of a query."""
        ((*values,),) = self.rows(sql)
        return tuple(values)
