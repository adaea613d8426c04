"""The SQL that turns any file into one row per order line, with a reason for each line left out."""

from __future__ import annotations

from dataclasses import dataclass

from stream_app.contract.complexity import MAX_LINES, MAX_VALUE_BYTES
from stream_app.contract.order import MAX_AMOUNT, MONEY_SCALE
from stream_app.history.formats import Format
from stream_app.history.numbers import FLOATS, number
from stream_app.history.source import LINE, TEXT, Source
from stream_app.history.times import AWARE, NAIVE, iso, text_of
from stream_app.history.words import NOTHING, RETURN_WORDS
from stream_app.history.writing import Dates, DecimalMark

LAST_INSTANT = "TIMESTAMPTZ '9998-12-31 23:59:59.999999+00'"
MAX_CUSTOMER_BYTES = 256
MAX_ID_BYTES = 680
"""Six times as long at most in JSON: below the worker's 4,096."""
BYTES_PER_LINE = 100
"""More than a line takes in JSON, its product aside."""
RETURN_SUFFIX = "/return"
"""Behind the id of an order whose other lines were bought: one id cannot be both."""


@dataclass(frozen=True)
class Understanding:
    """What was decided about a file before its lines are read."""

    kinds: dict[str, str]
    """Each column of `raw` and its type."""
    marks: dict[str, DecimalMark]
    """Of `quantity` and `money`."""
    shapes: set[str]
    """How the times look."""
    dates: Dates


def copy_columns(columns: dict[str, int], source: Source) -> str:
    """Return SQL that keeps the columns that matter, as they are, in `raw`."""
    wanted = ", ".join(f"{source.identifiers[place]} AS {column}" for column, place in columns.items())
    return f"CREATE TABLE raw AS SELECT {LINE} AS line, {wanted} FROM {source.relation}"


def parse_lines(wanted: Format, known: Understanding, currency: str) -> str:
    """Return SQL for every line of the file, `skipped` null or the first reason against it.

    Naive times are read in the session's time zone, times with a zone in their own.
    """
    local, instant = _times(known.kinds["ordered_at"])
    return f"""
        CREATE TABLE parsed AS
        WITH texts AS (SELECT *, {text_of("ordered_at")} AS text FROM raw),
        timed AS (SELECT *, {iso(known.shapes, known.dates)} AS iso FROM texts),
        typed AS (
            SELECT
                line,
                {_id("order_id", known)} AS order_id,
                {_id("customer_id", known)} AS customer_id,
                {_id("product_id", known)} AS product_id,
                {local} AS local,
                {instant} AS instant,
                {_quantity(known)} AS quantity,
                {number("money", known.kinds["money"], known.marks["money"])} AS money,
                {_is_marked(wanted)} AS is_marked,
                {_is_foreign(known, currency)} AS is_foreign
            FROM timed
        ),
        judged AS (SELECT *, {_is_return(wanted)} AS is_return, {_exact(wanted)} AS exact FROM typed)
        SELECT
            line, order_id, customer_id, product_id, instant, is_return,
            TRY_CAST(abs(quantity) AS BIGINT) AS quantity,
            TRY_CAST(round(exact) AS BIGINT) AS amount,
            exact <> round(exact) AS is_rounded,
            CAST(instant AS TIMESTAMP) <> local AS is_time_skipped,
            CAST(instant - INTERVAL 1 HOUR AS TIMESTAMP) = local AS is_time_repeated,
            {_reason(wanted, known)} AS skipped
        FROM judged
    """


def _times(kind: str) -> tuple[str, str]:
    """Return SQL for the time without its zone, null when it has one, and for the instant."""
    if kind == AWARE:
        return "CAST(NULL AS TIMESTAMP)", "ordered_at"
    if kind in NAIVE:
        # A cast would round nanoseconds, where text is cut.
        is_fine = kind == "TIMESTAMP_NS"
        local = f"TRY_CAST({'make_timestamp(epoch_ns(ordered_at) // 1000)' if is_fine else 'ordered_at'} AS TIMESTAMP)"
        return local, f"CAST({local} AS TIMESTAMPTZ)"
    has_zone = "regexp_matches(substr(iso, 12), '[-+Z]')"
    local = f"CASE WHEN NOT {has_zone} THEN TRY_CAST(iso AS TIMESTAMP) END"
    return local, f"CASE WHEN {has_zone} THEN TRY_CAST(iso AS TIMESTAMPTZ) ELSE CAST({local} AS TIMESTAMPTZ) END"


def _id(column: str, known: Understanding) -> str:
    kind = known.kinds[column]
    if kind != TEXT and kind not in FLOATS:
        return f"CAST({column} AS VARCHAR)"
    return f"plain_id(CAST({column} AS VARCHAR))"


MACROS = rf"""
    CREATE TEMP MACRO whole_id(id) AS
        -- A data frame turns a column of whole numbers with gaps into 17850.0.
        CASE WHEN ends_with(id, '.0') THEN regexp_replace(id, '^([0-9]+)[.]0$', '\1') ELSE id END;
    CREATE TEMP MACRO plain_id(id) AS
        CASE WHEN lower(trim(id, ' ' || chr(9) || chr(160))) NOT IN ({", ".join(f"'{word}'" for word in NOTHING)})
        THEN whole_id(trim(id, ' ' || chr(9) || chr(160))) END;
    CREATE TEMP MACRO is_damaged(id) AS
        contains(id, '+') AND regexp_full_match(id, '[0-9](?:[.,][0-9]+)?[eE][+][0-9]+');
    CREATE TEMP MACRO currency_code(written) AS
        CASE trim(written) WHEN '' THEN NULL WHEN '€' THEN 'EUR' WHEN '£' THEN 'GBP' ELSE upper(trim(written)) END;
"""


def _quantity(known: Understanding) -> str:
    if "quantity" not in known.kinds:
        return "1"
    return number("quantity", known.kinds["quantity"], known.marks["quantity"])


def _texts(words: tuple[str, ...]) -> str:
    return ", ".join("'{}'".format(word.casefold().replace("'", "''")) for word in words)


def _is_marked(wanted: Format) -> str:
    """Return SQL that tells whether the order itself says that it is a return."""
    marks = []
    if wanted.return_prefix:
        prefix = wanted.return_prefix.replace("'", "''")
        marks.append(f"starts_with(trim(CAST(order_id AS VARCHAR)), '{prefix}')")
    if wanted.type:
        marks.append(f"lower(trim(CAST(type AS VARCHAR))) IN ({_texts(wanted.return_types or RETURN_WORDS)})")
    return f"coalesce({' OR '.join(marks)}, false)" if marks else "false"


def _is_return(wanted: Format) -> str:
    return "is_marked OR coalesce(quantity < 0 OR money < 0, false)" if wanted.is_signed else "is_marked"


def _is_foreign(known: Understanding, currency: str) -> str:
    if "currency" not in known.kinds:
        return "false"
    return f"coalesce(currency_code(CAST(currency AS VARCHAR)) <> '{currency.upper()}', false)"


def _exact(wanted: Format) -> str:
    """Return SQL for the line's money in ten-thousandths, before it is rounded, once, to whole ones."""
    money = f"abs(TRY_CAST(money AS DECIMAL(20, 10))) * {MONEY_SCALE}"
    return f"{money} * abs(TRY_CAST(quantity AS DECIMAL(10, 0)))" if wanted.is_unit_price else money


def _reason(wanted: Format, known: Understanding) -> str:
    """Return SQL for the first reason against a line, in the order of REASONS."""
    texts = [c for c in ("order_id", "customer_id", "product_id") if known.kinds[c] == TEXT or known.kinds[c] in FLOATS]
    damaged = " OR ".join(f"is_damaged({column})" for column in texts) or "false"
    if wanted.is_signed:
        signs = "WHEN quantity < 0 AND money < 0 THEN 'price_negative'" if wanted.is_unit_price else ""
    else:
        signs = """WHEN quantity <> 0 AND (quantity < 0) <> is_return THEN 'quantity_sign'
            WHEN money < 0 THEN 'price_negative'"""
    return f"""
        CASE
            WHEN customer_id IS NULL THEN 'no_customer'
            WHEN order_id IS NULL THEN 'no_order'
            WHEN product_id IS NULL THEN 'no_product'
            WHEN {damaged} THEN 'id_damaged'
            WHEN strlen(customer_id) > {MAX_CUSTOMER_BYTES}
                OR greatest(strlen(order_id), strlen(product_id)) > {MAX_ID_BYTES} THEN 'id_too_long'
            WHEN instant IS NULL THEN 'bad_time'
            WHEN quantity IS NULL THEN 'bad_quantity'
            WHEN quantity <> floor(quantity) THEN 'quantity_fraction'
            WHEN money IS NULL THEN 'bad_money'
            WHEN is_foreign THEN 'other_currency'
            {signs}
            WHEN abs(quantity) > {MAX_AMOUNT} OR coalesce(exact > {MAX_AMOUNT * MONEY_SCALE}, true)
                OR instant NOT BETWEEN TIMESTAMPTZ '1970-01-01 00:00:00+00' AND {LAST_INSTANT}
                THEN 'out_of_range'
            WHEN quantity = 0 THEN 'quantity_zero'
        END"""


def keep_lines(*, is_mixed: bool) -> str:
    """Return SQL for one row per line that is sent; one with quantity 0 stays in its order and counts nowhere.

    `is_mixed`: some orders may have both bought and returned lines.
    """
    order_id = "order_id"
    if is_mixed:
        order_id = f"""CASE WHEN is_return AND NOT bool_and(is_return) OVER (PARTITION BY customer_id, order_id)
            THEN order_id || '{RETURN_SUFFIX}' ELSE order_id END"""
    return f"""
        CREATE OR REPLACE TABLE lines AS
        SELECT
            line,
            {order_id} AS order_id,
            customer_id,
            min(epoch_us(instant)) OVER (PARTITION BY customer_id, order_id, is_return) AS ordered_at,
            CASE WHEN is_return THEN 'return' ELSE 'order' END AS type,
            product_id,
            quantity,
            amount
        FROM parsed
        WHERE skipped IS NULL OR skipped = 'quantity_zero'
    """


KEEP_ORDERS = f"""
    CREATE OR REPLACE TABLE orders AS
    SELECT
        order_id, customer_id, type, ordered_at,
        count(*) > {MAX_LINES} OR sum(amount) FILTER (quantity > 0) > {MAX_AMOUNT * MONEY_SCALE}
            OR sum(strlen(product_id) + {BYTES_PER_LINE}) > {MAX_VALUE_BYTES} AS is_too_large
    FROM lines
    GROUP BY order_id, customer_id, type, ordered_at
"""

LEAVE_LARGE_ORDERS_OUT = """
    UPDATE parsed SET skipped = 'order_too_large' WHERE line IN (
        SELECT line FROM lines JOIN orders USING (order_id, customer_id, type, ordered_at) WHERE is_too_large)
"""

COUNT_REASONS = "SELECT skipped, count(*), min(line) FROM parsed GROUP BY skipped ORDER BY skipped"

COUNT_ORDERS = """
    SELECT
        count(*), count(DISTINCT customer_id), min(ordered_at), max(ordered_at),
        coalesce(bool_or(is_too_large), false)
    FROM orders
"""

FIND_SAME_ID = """
    SELECT customer_id, order_id FROM orders GROUP BY customer_id, order_id HAVING count(*) > 1 LIMIT 1
"""

FIND_RETURN = "SELECT line FROM parsed WHERE is_return AND (skipped IS NULL OR skipped = 'quantity_zero') LIMIT 1"

FIRST_LINE = """
    SELECT line, order_id, customer_id, product_id, epoch_us(instant), quantity, amount, is_return
    FROM parsed WHERE skipped IS NULL ORDER BY line LIMIT 1
"""

COUNT_REMARKS = """
    SELECT
        count(*) FILTER (is_return), min(line) FILTER (is_return),
        count(*) FILTER (is_rounded), min(line) FILTER (is_rounded),
        count(*) FILTER (is_time_skipped), min(line) FILTER (is_time_skipped),
        count(*) FILTER (is_time_repeated AND NOT is_time_skipped),
        min(line) FILTER (is_time_repeated AND NOT is_time_skipped)
    FROM parsed WHERE skipped IS NULL
"""
"""In the order of REMARKS."""

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
