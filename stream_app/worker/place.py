"""A place in the due index, which lists every customer of a partition by the instant at which time moves them."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Right behind this customer, with the score that Redis shows."""

    due: str
    customer_id: str


START = Place("-inf", "")
