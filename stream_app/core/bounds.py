"""Keeps a customer's state bounded: beyond the newest thousand orders the oldest become sums per day."""

from __future__ import annotations

from bisect import bisect_left

from stream_app.core.entry import Entry
from stream_app.core.rfm import RfmState
from stream_app.core.summary import (
    MAX_DAYS,
    MAX_ENTRIES,
    MAX_ENTRY_BYTES,
    MAX_MONEY,
    MAX_PRODUCT_BYTES,
    DaySum,
    Summary,
)


def bound(state: RfmState, *, is_windowed: bool) -> None:
    """Sum the oldest orders until the state is within its limits; features stay as they were."""
    while len(state.held) > MAX_ENTRIES or state.held.size_bytes > MAX_ENTRY_BYTES:
        if state.summary is None:
            state.summary = Summary()
        _sum_oldest(state, state.summary, is_windowed=is_windowed)
        _limit(state, state.summary)


def _sum_oldest(state: RfmState, summary: Summary, *, is_windowed: bool) -> None:
    entry = state.held.oldest()
    if entry.ordered_at > state.as_of:
        # More than the cap is dated ahead of the clock: the oldest of it counts early, or the record would not fit.
        state.as_of = entry.ordered_at
        state.advance(entry.ordered_at, None)
    if entry.is_return and entry.returns is not None:
        entry = state.counted_purchase(entry.returns) or entry
    day = summary.day_of(entry.ordered_at, is_windowed=is_windowed)
    if entry.is_purchase:
        _move_purchase(state, summary, day, entry)
    else:
        if entry.is_return and entry.returns is None:
            _add(state, summary, day, entry, -1)
        elif entry.returns is not None:
            _forget_link(state, entry)
        _drop(state, summary, entry)


def _move_purchase(state: RfmState, summary: Summary, day: DaySum, purchase: Entry) -> None:
    """Move a purchase and its counted linked returns, which live and die with it, into the day's sum."""
    live_at = bisect_left(state.live, purchase.ordered_at)
    net = state.net_products(purchase)
    # Sorted: their hashed ids follow, and a state read back must go on as the one that was written.
    returns = [state.held.get(return_id) for return_id in sorted(state.links.pop(purchase.order_id, ()))]
    if not returns or any(left > 0 for left in net.values()):
        del state.live[live_at]
        summary.add_purchase(day, purchase.ordered_at)
    for sign, entry in [(1, purchase), *((-1, entry) for entry in returns)]:
        _add(state, summary, day, entry, sign)
        _drop(state, summary, entry)


def _add(state: RfmState, summary: Summary, day: DaySum, entry: Entry, sign: int) -> None:
    """Add an entry to a day; what saturation cuts off leaves the running sum as well."""
    exact = day.amount + sign * entry.amount
    day.amount = _saturate(exact)
    state.money += day.amount - exact
    summary.add_products(day, entry.products, sign)


def _forget_link(state: RfmState, entry: Entry) -> None:
    assert entry.returns is not None
    ids = state.links[entry.returns]
    ids.remove(entry.order_id)
    if not ids:
        del state.links[entry.returns]


def _drop(state: RfmState, summary: Summary, entry: Entry) -> None:
    state.held.remove(entry)
    summary.remember(entry)


def _limit(state: RfmState, summary: Summary) -> None:
    while len(summary.days) > MAX_DAYS:
        _merge_oldest(summary)
    while summary.product_bytes > MAX_PRODUCT_BYTES:
        _blur(state, summary, next(day for day in summary.days if day.products))


def _merge_oldest(summary: Summary) -> None:
    oldest = summary.days.pop(0)
    heir = summary.days[0]
    heir.amount = _saturate(heir.amount + oldest.amount)
    heir.purchases += oldest.purchases
    heir.last_purchase = max(heir.last_purchase, oldest.last_purchase)
    heir.nameless_products += oldest.nameless_products
    products = list(oldest.products.items())
    summary.clear_products(oldest)
    summary.add_products(heir, products, 1)


def _blur(state: RfmState, summary: Summary, day: DaySum) -> None:
    """Keep of a day's products only how many there were."""
    before = state.unique_products
    state.sum_products(day.products.items(), -1)
    lost = before - state.unique_products
    summary.clear_products(day)
    day.nameless_products += lost
    state.unique_products = before


def _saturate(amount: int) -> int:
    return max(-MAX_MONEY, min(MAX_MONEY, amount))
