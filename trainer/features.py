"""Every customer's R, F, M and U at one instant by SQL: the stream's fold, to the digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from stream_app.core.errors import UsageError
from stream_app.history.history import History

if TYPE_CHECKING:
    from trainer.topic_history import TopicHistory

DAY_US = 86_400_000_000


@dataclass(frozen=True)
class Counting:
    """Which lines count. As the stream does by default; the rest is how published studies count."""

    is_gross: bool = False
    """Purchases with an amount above 0 only: nothing is netted."""
    is_distinct: bool = False
    """Lines of an order that are equal in product, quantity and amount count once."""


AS_STREAMED = Counting()


def _counted_sql(counting: Counting) -> str:
    lines = "SELECT DISTINCT * EXCLUDE (line) FROM lines" if counting.is_distinct else "FROM lines"
    return f"""
    WITH counted AS (
        SELECT *, CASE type WHEN 'return' THEN -1 ELSE 1 END AS sign
        FROM ({lines})
        WHERE quantity > 0
            AND ordered_at <= $as_of_us
            AND ordered_at > $as_of_us - coalesce($window_us::BIGINT, $as_of_us + 1)
            {"AND type = 'order' AND amount > 0" if counting.is_gross else ""}
    )
    """


def features_sql(counting: Counting = AS_STREAMED) -> str:
    """Return the query over the table `lines`; its parameters are as_of_us and window_us."""
    return f"""
    {_counted_sql(counting)},
    products AS (
        SELECT customer_id, count(*) FILTER (net > 0) AS unique_products
        FROM (
            SELECT customer_id, product_id, sum(sign * quantity) AS net
            FROM counted
            GROUP BY customer_id, product_id
        )
        GROUP BY customer_id
    )
    SELECT
        customer_id,
        ($as_of_us - max(ordered_at) FILTER (type = 'order')) // {DAY_US} AS recency_days,
        count(DISTINCT order_id) FILTER (type = 'order') AS frequency,
        CAST(greatest(sum(sign * amount), 0) AS BIGINT) AS monetary,
        any_value(unique_products) AS unique_products
    FROM counted
    JOIN products USING (customer_id)
    GROUP BY customer_id
    HAVING frequency > 0
    ORDER BY customer_id
    """


class Features(NamedTuple):
    """One customer's features as of an instant."""

    customer_id: str
    recency_days: int
    frequency: int
    monetary: int
    """Net of returns, in ten-thousandths of the currency unit, never below 0."""
    unique_products: int


def features(
    history: History | TopicHistory, *, as_of_us: int, window_us: int | None, counting: Counting = AS_STREAMED
) -> list[Features]:
    """Return the features of all who have a purchase that counts, by customer id.

    An order counts while ordered_at <= as_of < ordered_at + window; instants are microseconds.
    """
    if not isinstance(history, History):
        return _streamed(history, counting).features(as_of_us, window_us)
    rows = _fetch(history, features_sql(counting), as_of_us, window_us)
    return [Features(*row) for row in rows]


def counted_lines(
    history: History | TopicHistory, *, as_of_us: int, window_us: int | None, counting: Counting = AS_STREAMED
) -> int | None:
    """Return how many order lines the features at this instant are made of; None: a topic's fold keeps no lines."""
    if not isinstance(history, History):
        return None
    ((count,),) = _fetch(history, f"{_counted_sql(counting)} SELECT count(*) FROM counted", as_of_us, window_us)
    return int(count)


def buyers(
    history: History | TopicHistory, *, after_us: int, until_us: int, counting: Counting = AS_STREAMED
) -> set[str]:
    """Return who has a purchase in after_us < ordered_at <= until_us."""
    if not isinstance(history, History):
        return _streamed(history, counting).buyers(after_us, until_us)
    sql = f"{_counted_sql(counting)} SELECT DISTINCT customer_id FROM counted WHERE type = 'order'"
    return {str(customer_id) for (customer_id,) in _fetch(history, sql, until_us, until_us - after_us)}


def _streamed(history: TopicHistory, counting: Counting) -> TopicHistory:
    if counting != AS_STREAMED:
        raise UsageError(
            "the orders topic is counted as the worker counts it.",
            "Leave --gross and --drop-duplicate-lines out, or train on a file.",
        )
    return history


def _fetch(history: History, sql: str, as_of_us: int, window_us: int | None) -> list[tuple[Any, ...]]:
    return history.fetch(sql, {"as_of_us": as_of_us, "window_us": window_us})
