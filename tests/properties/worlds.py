"""Small worlds for the laws: three customers, three products, and instants on a quarter-day grid, so that ties abound.

A world is thrown with dice, which makes rich ones; Hypothesis chooses the dice, and which records to leave
out, so that it can shrink a world that breaks a law.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from model_store.segment_model import SegmentModel
from tests.builders import a_fact, a_model
from tests.oracle import AHEAD, DAY, Fact

SLOT = DAY // 4
START = 20_000 * DAY
WINDOWS = (1, 2, 5, 9, 365, None)
EYE = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))

Lines = tuple[tuple[str, int, int], ...]
Draw = Callable[[st.SearchStrategy[list[int]]], list[int]]


class World(NamedTuple):
    """A partition's log, and what its customers are scored by."""

    log: list[Fact]
    window_days: int | None
    model: SegmentModel

    @property
    def window(self) -> int | None:
        """The window in microseconds."""
        return None if self.window_days is None else self.window_days * DAY


def slot(number: int) -> int:
    """Return an instant on the grid."""
    return START + number * SLOT


def throw_lines(dice: Random) -> Lines:
    return tuple(
        (dice.choice("xyz"), dice.choice((1, 1, 2, 3, 0)), dice.choice((0, 1, 1, 2, 5, 30)) * 10_000)
        for _ in range(dice.choice((1, 1, 2, 3, 0)))
    )


def throw_order(dice: Random, earlier: list[Fact], span: int) -> Fact:
    """Return a purchase or a return; a linked one mostly names an order of the same customer, and may predate it."""
    names = [f"o{number}" for number in range(30)]
    order = a_fact(
        slot(dice.randint(0, span)),
        dice.choice([name for name in names if all(name != other.order_id for other in earlier)]),
        customer=dice.choice("aaabbc"),
        lines=throw_lines(dice),
    )
    kind = dice.random()
    if kind < 0.65:
        return order
    order = order._replace(is_return=True)
    bought = [other for other in earlier if not other.is_return]
    if kind < 0.75 or not bought:
        return order
    if kind < 0.8:
        return order._replace(returns=dice.choice(names))
    purchase = dice.choice(bought)
    at = dice.choice((purchase.at, order.at, order.at))
    return order._replace(
        at=at, returns=purchase.order_id, customer=purchase.customer, lines=dice.choice((purchase.lines, order.lines))
    )


def throw_orders(dice: Random, most: int = 14) -> list[Fact]:
    """Return orders of which some have later revisions, that agree in all but their lines."""
    span = dice.choice((4, 30, 60))
    first: list[Fact] = []
    for _ in range(dice.randint(1, most)):
        first.append(throw_order(dice, first, span))
    later = [
        order._replace(revision=revision, lines=throw_lines(dice))
        for order in first
        for revision in range(1, dice.choice((1, 1, 1, 2, 3)))
    ]
    return first + later


def throw_log(dice: Random) -> list[Fact]:
    """Return records in the order of arrival or in any, with duplicates, history, contradictions and ticks."""
    log = []
    for order in throw_orders(dice):
        for _ in range(dice.choice((1, 1, 1, 2))):
            # On the grid again after the 5 minutes that bound the clock, and never more than 24 hours ahead.
            timestamp = order.at + dice.choice((-3, -2, -1, 0, 1, 2, 8)) * SLOT - AHEAD
            log.append(order._replace(timestamp=timestamp))
    mode = dice.choice(("arrival", "arrival", "any"))
    log.sort(key=lambda order: order.timestamp if mode == "arrival" else dice.random())
    past = dice.choice((0, 0, dice.randint(0, len(log))))
    log = [order._replace(is_history=n < past or dice.random() < 0.1) for n, order in enumerate(log)]
    for _ in range(dice.randint(0, 2)):
        wrong = dice.choice(log)
        changes = dice.choice(({"at": wrong.at - SLOT}, {"lines": (("x", 7, 10_000),)}, {"returns": "o3"}))
        log.insert(dice.randint(0, len(log)), wrong._replace(is_return=True, **changes))
    for _ in range(dice.randint(0, 4)):
        log.insert(dice.randint(0, len(log)), Fact(at=slot(dice.randint(0, 100))))
    return [*log, Fact(at=slot(dice.choice((0, 70, 120, 4 * 400))))]


def throw_model(dice: Random) -> SegmentModel:
    """Return a model whose centroids lie where customers do; on a coarse grid, so with twins and exact ties."""
    steps = dice.choice((1, 2, 10))
    centroids = [
        tuple(round(dice.uniform(0, most) * steps) / steps for most in (3.5, 2.0, 3.5, 1.5))
        for _ in range(dice.randint(2, 6))
    ]
    return a_model(
        centroids=tuple(centroids + centroids[: dice.choice((0, 0, 1))]),
        pca_components=EYE,
        scaler_mean=(0.0, 0.0, 0.0, 0.0),
        scaler_scale=dice.choice(((1.0, 1.0, 1.0, 1.0), (0.5, 1.0, 2.0, 1.0), (1.0, 0.5, 3.0, 0.5))),
    )


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a partition's whole log, a window and a model."""
    dice = Random(draw(st.integers(0, 2**64 - 1)))
    log, window_days, model = throw_log(dice), dice.choice(WINDOWS), throw_model(dice)
    return World(some_of(draw, log), window_days, model)


def some_of(draw: Draw, log: list[Fact]) -> list[Fact]:
    """Leave few records out at first, and all that do not matter when Hypothesis shrinks."""
    kept = draw(st.lists(st.integers(0, 15), min_size=len(log), max_size=len(log)))
    return [fact for fact, number in zip(log, kept, strict=True) if number]
