"""What Spark is asked, and what it was asked when its rows were last compared with DuckDB's."""

from __future__ import annotations

from pathlib import Path

from stream_app.commands.train_options import TrainFlags
from trainer.features import Counting, features_sql
from trainer.spark.history import in_sparks_words

PROVED = Path(__file__).with_name("data") / "spark_words.sql"
"""Written by tests/integration/test_spark.py, a long form, when the rows are equal."""

COUNTINGS = [Counting(), Counting(is_gross=True), Counting(is_gross=True, is_distinct=True)]


def what_spark_is_asked() -> str:
    """Return the query of each way to count, in Spark's own words."""
    return "".join(f"{in_sparks_words(features_sql(counting))};\n\n" for counting in COUNTINGS)


def train_flags(*, engine: str = "duckdb", memory: str | None = None, is_from_topic: bool = False) -> TrainFlags:
    """Return what `segstream train` was told, of Spark and beside it."""
    return TrainFlags(
        is_from_topic=is_from_topic, as_of=None, k="auto", until=1.0, components=None, variance=None, winsorize=None,
        features="rfmu", is_gross=False, is_distinct=False, engine=engine, spark_memory=memory, champion="none",
        sign_with=None, license=None, should_promote=False, is_unless_live=False, as_json=False,
    )  # fmt: skip
