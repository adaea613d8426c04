"""Which engine computes the features of a training, and whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stream_app.commands.train_options import TrainFlags

DUCKDB, SPARK = "duckdb", "spark"
DEFAULT_MEMORY = "2g"


def spark_memory(flags: TrainFlags) -> str | None:
    """Return how much memory Spark may have, or None where DuckDB computes.

    Raises SegstreamError when Spark is wanted and cannot start, before anything is read.
    """
    from stream_app.core.errors import UsageError
    from trainer.spark.session import check_memory, look_for_spark

    if flags.engine not in {DUCKDB, SPARK}:
        raise UsageError(f"{flags.engine!r} is no engine.", f"Use {DUCKDB} or {SPARK}.")
    if flags.engine == DUCKDB:
        if flags.spark_memory is not None:
            raise UsageError("--spark-memory is for Spark only.", f"Leave it out, or add --engine {SPARK}.")
        return None
    if flags.is_from_topic:
        raise UsageError(
            "the orders topic is folded by the worker's own code, not by a query.",
            f"Leave --engine {SPARK} out, or train on a file.",
        )
    memory = check_memory(flags.spark_memory or DEFAULT_MEMORY)
    look_for_spark()
    return memory
