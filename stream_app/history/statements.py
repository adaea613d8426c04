"""The SQL that turns any file into one row per order line, with a reason for each line left out."""

from __future__ import annotations

from stream_app.contract.order import MAX_AMOUNT, MONEY_SCALE
from stream_app.history.formats import Format

LAST_INSTANT = "TIMESTAMPTZ '9998-12-31 23:59:59.999999+00'"
US_DATE = "%m/%d/%Y %H:%M"
"""How the online-retail data stands in its spreadsheet."""


def parse_lines(wanted: Format, columns: dict[str, str], source: str) -> str:
    """Return SQL for every line of the file, `skipped` null or the first reason against it.

    Naive times are read in the session's time zone, times with a zone in their own.
    """
    column = {name: _quoted(theirs) for name, theirs in columns.items()}
    money = "money * abs(quantity)" if wanted.is_unit_price else "money"
    return f"""
        CREATE TABLE parsed AS
        WITH typed AS (
            SELECT
                row_number() OVER () AS line,
                {_id(column["order_id"])} AS order_id,
                {_id(column["customer_id"])} AS customer_id,
                {_id(column["product_id"])} AS product_id,
                coalesce(
                    TRY_CAST({column["ordered_at"]} AS TIMESTAMPTZ),
                    CAST(try_strptime(CAST({column["ordered_at"]} AS VARCHAR), '{US_DATE}')
                        AS TIMESTAMPTZ)
                ) AS instant,
                TRY_CAST({column["quantity"]} AS DOUBLE) AS quantity,
                round(TRY_CAST({column["money"]} AS DOUBLE) * {MONEY_SCALE}) AS money,
                {_is_return(wanted)} AS is_return
            FROM {source}
        )
        SELECT *, {money} AS amount, {_reason(money)} AS skipped FROM typed
    """


KEEP_LINES = """
    CREATE TABLE lines AS
    SELECT
        line,
        order_id,
        customer_id,
        min(epoch_us(instant)) OVER (PARTITION BY customer_id, order_id, is_return) AS ordered_at,
        CASE WHEN is_return THEN 'return' ELSE 'order' END AS type,
        product_id,
        CAST(abs(quantity) AS BIGINT) AS quantity,
        CAST(amount AS BIGINT) AS amount
    FROM parsed
    WHERE skipped IS NULL OR skipped = 'quantity_zero'
"""
"""One row per line that is sent; a line with quantity 0 stays in its order and counts nowhere."""

COUNT_REASONS = "SELECT skipped, count(*) FROM parsed GROUP BY skipped ORDER BY skipped"

COUNT_ORDERS = """
    SELECT count(*), count(DISTINCT customer_id), min(ordered_at), max(ordered_at)
    FROM (SELECT DISTINCT customer_id, order_id, type, ordered_at FROM lines)
"""

ORDERS = """
    SELECT
        order_id, customer_id, ordered_at, type,
        list(product_id ORDER BY line), list(quantity ORDER BY line), list(amount ORDER BY line)
    FROM lines
    WHERE ordered_at >= coalesce($from_us::BIGINT, ordered_at)
        AND ordered_at < coalesce($until_us::BIGINT, ordered_at + 1)
    GROUP BY order_id, customer_id, ordered_at, type
    ORDER BY ordered_at, order_id, customer_id, type
"""


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _id(column: str) -> str:
    # A data frame turns a column of whole numbers with gaps into 17850.0.
    plain = f"regexp_replace(CAST({column} AS VARCHAR), '^([0-9]+)[.]0$', '\\1')"
    return f"nullif({plain}, '')"


def _is_return(wanted: Format) -> str:
    if not wanted.return_prefix:
        return "false"
    return "starts_with(order_id, '{}')".format(wanted.return_prefix.replace("'", "''"))


def _reason(amount: str) -> str:
    """Return SQL for the first reason against a line; the order of the reasons is the report's."""
    return f"""
        CASE
            WHEN customer_id IS NULL THEN 'no_customer'
            WHEN order_id IS NULL OR product_id IS NULL OR instant IS NULL
                OR NOT coalesce(isfinite(quantity) AND isfinite(money), false)
                OR quantity <> floor(quantity) THEN 'unreadable'
            WHEN quantity <> 0 AND (quantity < 0) <> is_return THEN 'quantity_sign'
            WHEN money < 0 THEN 'price_negative'
            WHEN abs(quantity) > {MAX_AMOUNT} OR {amount} > {MAX_AMOUNT * MONEY_SCALE}
                OR instant NOT BETWEEN TIMESTAMPTZ '1970-01-01 00:00:00+00' AND {LAST_INSTANT}
                THEN 'out_of_range'
            WHEN quantity = 0 THEN 'quantity_zero'
        END"""
