"""The smallest single step of each kind that moves a customer: more orders, new products, one large order, or time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from model_store.scoring import Scorer
from stream_app.core.customer import Customer
from stream_app.core.features import Features
from stream_app.core.forecast import forecast
from stream_app.core.instants import DAY_US, parse_instant
from stream_app.core.rfm import RfmState
from stream_app.core.rules import Rules

Kind = Literal["order", "new_products", "spend", "quiet"]

MOST_ORDERS = 100
CENT = 100
"""In ten-thousandths; nobody pays less."""
MOST_SPENT = 10_000_000_000_000
"""Ten-thousandths: no order may come to more."""


class Habit(NamedTuple):
    """What a customer's orders are like: the lower medians of the purchases that count."""

    amount: int
    products: int


class NextStep(NamedTuple):
    """The smallest step of a kind: one less would leave the customer where they are."""

    kind: Kind
    to: int
    """The segment's index, -1 when the customer will have lapsed."""
    after: Features | None
    orders: int = 0
    amount: int = 0
    """Of each order, in ten-thousandths."""
    products: int = 0
    """New ones in each order; the others are products that the customer has bought already."""
    days: int = 0


def habit_of(rfm: RfmState) -> Habit | None:
    """Return the customer's habit, None when no held purchase counts."""
    ids = rfm.held.newest_ids(len(rfm.held))
    entries = [entry for entry in map(rfm.held.get, ids) if entry.is_purchase and entry.ordered_at <= rfm.as_of]
    if not entries:
        return None
    middle = (len(entries) - 1) // 2
    amounts = sorted(entry.amount for entry in entries)
    products = sorted(len(entry.products) for entry in entries)
    return Habit(amounts[middle], products[middle])


def after_orders(rfm: RfmState, orders: int, amount: int, new_products: int) -> Features:
    """Return the features after so many orders at the state's instant, each with products bought before or new ones.

    This is what the fold makes of them: it sums money below 0 too, and a purchase of now has recency 0.
    """
    money = max(rfm.money + orders * amount, 0)
    return Features(0, rfm.frequency() + orders, money, rfm.unique_products + orders * new_products)


def next_steps(rfm: RfmState, own: int, scorer: Scorer) -> Iterator[NextStep]:
    """Yield the smallest step of each kind of buying that leads out of the own segment."""
    habit = habit_of(rfm)
    if habit is None:
        return
    if rfm.unique_products > 0:
        yield from _orders(rfm, own, scorer, "order", habit.amount, 0)
        yield from _spending(rfm, own, scorer)
    yield from _orders(rfm, own, scorer, "new_products", habit.amount, habit.products)


def quiet_step(customer: Customer, as_of: int, scorer: Scorer, rules: Rules) -> NextStep | None:
    """Return how long doing nothing leaves the customer in the segment, None when for ever; `customer` is used up."""
    moves = forecast(customer, scorer, rules)
    instant = parse_instant(moves[0].as_of) if moves else None
    if instant is None:
        return None
    days = max(1, -(-(instant - as_of) // DAY_US))
    return NextStep("quiet", moves[0].index, moves[0].after, days=days)


def _orders(rfm: RfmState, own: int, scorer: Scorer, kind: Kind, amount: int, new: int) -> Iterator[NextStep]:
    for orders in range(1, MOST_ORDERS + 1):
        after = after_orders(rfm, orders, amount, new)
        to = scorer.assign(*after.numbers())
        if to != own:
            yield NextStep(kind, to, after, orders, amount, new)
            return


def _spending(rfm: RfmState, own: int, scorer: Scorer) -> Iterator[NextStep]:
    """Yield the smallest single order of products bought before, when its amount is what decides.

    Where the own segment is the nearest is a convex cell of the four logs, so once spending leads out of it, more
    never leads back: bisection finds the cent.
    """
    low, high = 0, MOST_SPENT // CENT
    if _spent(rfm, scorer, low) != own or _spent(rfm, scorer, high) == own:
        return
    while high - low > 1:
        middle = (low + high) // 2
        if _spent(rfm, scorer, middle) == own:
            low = middle
        else:
            high = middle
    yield NextStep("spend", _spent(rfm, scorer, high), after_orders(rfm, 1, high * CENT, 0), 1, high * CENT)


def _spent(rfm: RfmState, scorer: Scorer, cents: int) -> int:
    return scorer.assign(*after_orders(rfm, 1, cents * CENT, 0).numbers())
