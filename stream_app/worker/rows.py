"""A state record as Redis shows it: fields that anybody can read, and the record itself."""

from __future__ import annotations

from stream_app.contract.order import MONEY_SCALE
from stream_app.core.customer import NOT_WAITING
from stream_app.core.instants import rfc3339
from stream_app.core.state_record import StateHeader

NEVER = "+inf"
Row = tuple[str | int | bytes, ...]


def row_of(header: StateHeader, record: bytes) -> Row:
    """Return one customer's 15 values in the order that apply.lua reads them."""
    due_at = header.due_at
    return (
        header.customer_id,
        NEVER if due_at is None else due_at,
        header.segment,
        header.segment_name,
        rfc3339(header.since) if header.sequence else "",
        header.since,
        "" if due_at is None or header.waits_since != NOT_WAITING else rfc3339(due_at),
        "" if header.last_purchase is None else rfc3339(header.last_purchase),
        header.frequency,
        money_text(header.monetary),
        header.unique_products,
        header.model_version,
        header.sequence,
        header.history,
        record,
    )


def money_text(ten_thousandths: int) -> str:
    """Write an amount in currency units, exact and without trailing zeros.

    >>> money_text(1_684_725_000), money_text(29_000), money_text(0)
    ('168472.5', '2.9', '0')
    """
    units, rest = divmod(ten_thousandths, MONEY_SCALE)
    return f"{units}.{rest:04d}".rstrip("0") if rest else str(units)
