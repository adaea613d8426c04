"""Whether a customer is in a segment, why not, and until when: one reading for the command and for the API."""

from __future__ import annotations

from typing import Literal

from stream_app.core.customer import NEVER_MOVED, NOT_WAITING, Customer

Standing = Literal["scored", "lapsed", "unscored"]


def standing_of(customer: Customer) -> Standing:
    """Return whether a customer is in a segment, and if not, why.

    >>> from stream_app.core.customer import Customer
    >>> standing_of(Customer("C1"))
    'unscored'
    """
    if customer.segment:
        return "scored"
    return "lapsed" if customer.history and not is_waiting(customer) else "unscored"


def stands_since(customer: Customer) -> int | None:
    """Return the instant of the last change; None: there was none."""
    return None if customer.since == NEVER_MOVED else customer.since


def is_waiting(customer: Customer) -> bool:
    """Tell whether history was folded that no score has seen yet."""
    return customer.waits_since != NOT_WAITING


def valid_until(customer: Customer) -> int | None:
    """Return the instant before which nothing changes by itself; None: never, or not known before the next score."""
    return None if is_waiting(customer) else customer.due_at
