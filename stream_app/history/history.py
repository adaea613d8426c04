"""A shop's past, readable in time order: what is loaded, replayed and trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any

from stream_app.history.historic_order import HistoricOrder
from stream_app.history.report import ReadReport
from stream_app.history.statements import ORDERS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

ORDERS_PER_FETCH = 2_000


def is_interrupt(error: BaseException) -> bool:
    """Tell whether DuckDB ended a query because of Ctrl-C: it says so with an error of its own."""
    return isinstance(error, RuntimeError) and "interrupted" in str(error).lower()


class History:
    """The orders of one file, in a temporary database that close() removes."""

    def __init__(self, connection: DuckDBPyConnection, report: ReadReport, folder: TemporaryDirectory[str]) -> None:
        self.connection = connection
        self.report = report
        self.folder = folder

    @property
    def lines(self) -> DuckDBPyRelation:
        """Return one row per order line, read from one thread.

        Columns: line (its number in the file), order_id, customer_id, ordered_at (the order's
        instant in microseconds since 1970, UTC), type (order or return), product_id, quantity (0 or
        more), amount (ten-thousandths of the currency unit). A line with quantity 0 never counts.
        """
        return self.connection.table("lines")

    def orders(self, *, from_us: int | None = None, until_us: int | None = None) -> Iterator[HistoricOrder]:
        """Yield the orders with from_us <= ordered_at < until_us by (ordered_at, order_id).

        They are fetched in slices; several iterations may run at the same time.
        """
        with self._cursor() as cursor:
            cursor.execute(ORDERS, {"from_us": from_us, "until_us": until_us})
            while rows := cursor.fetchmany(ORDERS_PER_FETCH):
                for order_id, customer_id, at, kind, products, quantities, amounts in rows:
                    lines = list(zip(products, quantities, amounts, strict=True))
                    yield HistoricOrder(order_id, customer_id, at, kind, lines)

    def fetch(self, sql: str, parameters: Mapping[str, int | None]) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the table `lines`; a Ctrl-C ends it."""
        with self._cursor() as cursor:
            return cursor.execute(sql, dict(parameters)).fetchall()

    @contextmanager
    def _cursor(self) -> Iterator[DuckDBPyConnection]:
        """Give a reader of its own; a Ctrl-C ends what it does."""
        cursor = self.connection.cursor()
        try:
            yield cursor
        except RuntimeError as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from error
            raise
        finally:
            cursor.close()

    def close(self) -> None:
        """Remove the temporary database."""
        self.connection.close()
        self.folder.cleanup()

    def __enter__(self) -> History:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
