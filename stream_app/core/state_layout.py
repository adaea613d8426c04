"""What a state record looks like: a header that Redis shows, then the orders as they were first encoded."""

from __future__ import annotations

from msgspec import Raw, Struct

from stream_app.core.summary import DaySum

STATE_FORMAT = 1
"""Changes whenever a state record can no longer be read by the version before."""

READABLE = frozenset({STATE_FORMAT})
"""The formats that this release reads. One with a new format reads the one before, too, and writes its own.

Until a replay and a swap have brought everybody's state to the new one, a partition holds both.
"""


class StateHeader(Struct, array_like=True, gc=False):
    """A customer's standing and totals in a state record; all but the orders."""

    format: int
    customer_id: str
    as_of: int
    segment: str
    segment_name: str
    sequence: int
    since: int
    due_at: int | None
    model_version: str
    history: bytes
    last_purchase: int | None
    frequency: int
    monetary: int
    unique_products: int
    waits_since: int
    scored: tuple[int, int, int, int] | None
    """The features of the last evaluation while history waits for one; else they follow from the orders."""
    days: list[DaySum]
    summed_ids: bytes
    owed: bytes = b""
    adopted: int = 0


class StateRecord(Struct, array_like=True, gc=False):
    """One customer; the orders stand oldest first, each an Entry."""

    header: StateHeader
    entries: list[Raw]
