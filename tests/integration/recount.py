"""What every customer must have, counted by DuckDB from the shops' files; no code of the product takes part."""

from __future__ import annotations

from pathlib import Path

import duckdb

Totals = tuple[int, int, int, int]
"""Last purchase (µs since 1970), frequency, net money in ten-thousandths (0 or more), unique products."""

# An invoice is an order at the time of its first line; C-invoices are returns; a line counts when a
# customer is named, the price is not negative and the quantity has the sign of its invoice.
ONLINE_RETAIL = """
    SELECT
        CAST(CAST(CustomerID AS BIGINT) AS VARCHAR) AS customer,
        CAST(InvoiceNo AS VARCHAR) AS number,
        min(epoch_us(InvoiceDate)) OVER (PARTITION BY InvoiceNo, CustomerID) AS ordered,
        NOT starts_with(CAST(InvoiceNo AS VARCHAR), 'C') AS is_purchase,
        CAST(StockCode AS VARCHAR) AS product,
        abs(Quantity) AS pieces,
        abs(Quantity) * CAST(round(UnitPrice * 10000) AS HUGEINT) AS money
    FROM read_parquet($file)
    WHERE CustomerID IS NOT NULL AND UnitPrice >= 0 AND Quantity <> 0
        AND (Quantity < 0) = starts_with(CAST(InvoiceNo AS VARCHAR), 'C')
"""

COMPLETEJOURNEY = """
    SELECT * FROM (
        SELECT
            CAST(household_id AS VARCHAR) AS customer,
            CAST(basket_id AS VARCHAR) AS number,
            min(epoch_us(transaction_timestamp)) OVER (PARTITION BY basket_id, household_id) AS ordered,
            TRUE AS is_purchase,
            CAST(product_id AS VARCHAR) AS product,
            CAST(quantity AS BIGINT) AS pieces,
            CAST(round(sales_value * 10000) AS HUGEINT) AS money
        FROM read_parquet($file)
    ) WHERE pieces > 0
"""

TOTALS = """
    WITH lines AS ({lines}),
    counted AS (
        SELECT *, CASE WHEN is_purchase THEN 1 ELSE -1 END AS sign FROM lines
        WHERE ordered <= $as_of AND ($window = 0 OR ordered + $window > $as_of)
    ),
    shelf AS (SELECT customer, product, sum(sign * pieces) AS net FROM counted GROUP BY ALL)
    SELECT
        customer,
        CAST(max(CASE WHEN is_purchase THEN ordered END) AS BIGINT),
        count(DISTINCT CASE WHEN is_purchase THEN number END),
        CAST(greatest(sum(sign * money), 0) AS BIGINT),
        (SELECT count(*) FROM shelf WHERE shelf.customer = counted.customer AND net > 0)
    FROM counted GROUP BY customer HAVING bool_or(is_purchase)
"""

FAR = 10**16


def totals(file: Path, lines: str, *, as_of: int = FAR, window: int = 0) -> dict[str, Totals]:
    """Return what counts for every customer with a purchase at an instant; window 0: everything before it."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        values = {"file": str(file), "as_of": as_of, "window": window}
        found = connection.execute(TOTALS.format(lines=lines), values).fetchall()
    return {customer: (at, orders, money, products) for customer, at, orders, money, products in found}
