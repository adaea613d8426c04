"""When time alone moves a customer: an order comes or goes, or another centroid becomes the nearest."""

from __future__ import annotations

from bisect import bisect_left

from model_store.scoring import DAYS_IN_TABLE, LOG
from stream_app.core.instants import DAY_US
from stream_app.core.rfm import RfmState
from stream_app.core.stored_rfm import StoredRfm

LAST_INSTANT = 253_370_764_800_000_000
"""The year 9999: what would happen later happens never."""


def next_day(scores: list[int], weights: list[int], segment: int, day: int) -> int | None:
    """Return the first whole day after `day` on which `segment` is no longer the nearest, None if there is none.

    Scores are those without recency. With c = weight(segment) - weight(rival) > 0 the rival gains on the
    segment while recency grows, and wins from log1p(day) > (score(rival) - score(segment)) / c, or from
    equality on when it stands first: integers, so exact on ties.
    """
    own_score, own_weight = scores[segment], weights[segment]
    lowest: int | None = None
    for rival, weight in enumerate(weights):
        gain = own_weight - weight
        if gain <= 0:
            continue
        lead = scores[rival] - own_score
        log = -(-lead // gain) if rival < segment else lead // gain + 1
        if lowest is None or log < lowest:
            lowest = log
    if lowest is None or lowest > LOG[-1]:
        return None
    found = bisect_left(LOG, lowest, day + 1)
    return found if found < DAYS_IN_TABLE else None


def next_boundary(state: RfmState | StoredRfm, window: int | None, day: int | None) -> int | None:
    """Return `due_at`: the earliest instant after `as_of` at which the customer's features or segment may change.

    `day` is the first whole day since the last purchase on which another centroid is nearer.
    """
    due = state.next_start()
    if window is not None:
        expiry = state.next_expiry(window)
        if expiry is not None and (due is None or expiry < due):
            due = expiry
    if day is not None:
        last_purchase = state.last_purchase()
        assert last_purchase is not None
        moves = last_purchase + day * DAY_US
        if due is None or moves < due:
            due = moves
    return None if due is None or due >= LAST_INSTANT else due
