"""What Spark is asked, and what it was asked when its rows were last compared with DuckDB's."""

from __future__ import annotations

from pathlib import Path

from trainer.features import Counting, features_sql
from trainer.spark.history import in_sparks_words

PROVED = Path(__file__).with_name("data") / "spark_words.sql"
"""Written by tests/integration/test_spark.py, a long form, when the rows are equal."""

COUNTINGS = [Counting(), Counting(is_gross=True), Counting(is_gross=True, is_distinct=True)]


def what_spark_is_asked() -> str:
    """Return the query of each way to count, in Spark's own words."""
    return "".join(f"{in_sparks_words(features_sql(counting))};\n\n" for counting in COUNTINGS)
