"""A shop's past whose queries Spark answers: the text is DuckDB's, and so are the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stream_app.history.history import History
from trainer.spark.session import interrupts_held, spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkHistory(History):
    """A history that DuckDB has read and prepared, and that Spark counts."""

    def __init__(self, history: History, session: SparkSession) -> None:
        super().__init__(history.connection, history.report, history.folder)
        self._session = session

    def fetch(self, sql: str, parameters: Mapping[str, int | None]) -> list[tuple[Any, ...]]:
        """Return the rows of a query that is written for DuckDB."""
        return list(self._session.sql(in_sparks_words(sql), dict(parameters)).collect())


def in_sparks_words(sql: str) -> str:
    """Return DuckDB's SQL as Spark reads it; `$name` becomes `:name`."""
    from sqlglot import transpile

    (text,) = transpile(sql, read="duckdb", write="spark")
    return text


@contextmanager
def on_spark(history: History, memory: str) -> Iterator[SparkHistory]:
    """Yield the history with a Spark of its own behind its queries; the caller closes the one that was given.

    Everything lies in the history's temporary folder.
    """
    folder = Path(history.folder.name) / "spark"
    folder.mkdir()
    with spark_session(folder, memory) as session:
        yield hand_over(history, session)


def hand_over(history: History, session: SparkSession) -> SparkHistory:
    """Give the lines to Spark, as parquet beside the database; they replace those that it had before."""
    lines = Path(history.folder.name) / "lines"
    target = str(lines).replace("'", "''")
    # DuckDB 2.0 hangs or crashes when a COPY is interrupted; a year of baskets takes it less than a second.
    with interrupts_held():
        history.fetch(f"COPY lines TO '{target}' (FORMAT parquet, PER_THREAD_OUTPUT)", {})
    session.read.parquet(str(lines)).createOrReplaceTempView("lines")
    return SparkHistory(history, session)
