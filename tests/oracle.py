"""What the design promises, recounted by brute force: slow, obvious, and sharing no code with stream_app.

An instant is integer microseconds, money is integer ten-thousandths, and a log is one partition's records
in the order in which they were read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from typing import NamedTuple

DAY = 86_400_000_000
AHEAD = 300_000_000
"""An order moves the clock at most 5 minutes past its record timestamp."""

NEVER = 10**18
NO_CLOCK = -1


class Fact(NamedTuple):
    """One record: an order or a return, or, without a customer, a tick."""

    at: int
    customer: str = ""
    order_id: str = ""
    lines: tuple[tuple[str, int, int], ...] = ()
    """Product, quantity, and the line's money in ten-thousandths."""
    is_return: bool = False
    returns: str | None = None
    revision: int = 0
    timestamp: int = 0
    is_history: bool = False

    @property
    def counted_lines(self) -> list[tuple[str, int, int]]:
        """The lines that are not ignored; without any the order is cancelled."""
        return [line for line in self.lines if line[1] > 0]


class Recount(NamedTuple):
    """What a customer's orders add up to."""

    last_purchase: int
    frequency: int
    monetary: int
    unique_products: int


class Step(NamedTuple):
    """One change of segment."""

    as_of: int
    cause: str
    came_from: str | None
    to: str | None
    is_history: bool


class Story(NamedTuple):
    """All that a log leads to."""

    steps: dict[str, list[Step]]
    clock: int
    refused: list[int]
    """Positions in the log of the orders that contradict an earlier one."""


Predict = Callable[[int, int, int, int], str]


def recount(orders: Iterable[Fact], at: int, window: int | None) -> Recount | None:
    """Add up one customer's orders at an instant; None when no purchase counts."""
    inside = [order for order in _newest(orders) if order.at <= at and not _is_over(order, at, window)]
    purchases = {order.order_id: order for order in inside if not order.is_return and order.counted_lines}
    returns = [order for order in inside if order.is_return and (order.returns is None or order.returns in purchases)]
    kept = [order for order in purchases.values() if not _is_taken_back(order, returns)]
    if not kept:
        return None
    money = 0
    net: dict[str, int] = {}
    for order in [*purchases.values(), *returns]:
        sign = -1 if order.is_return else 1
        for product, quantity, amount in order.counted_lines:
            money += sign * amount
            net[product] = net.get(product, 0) + sign * quantity
    unique = sum(1 for quantity in net.values() if quantity > 0)
    return Recount(max(order.at for order in kept), len(kept), max(money, 0), unique)


def _newest(orders: Iterable[Fact]) -> list[Fact]:
    """Keep the highest revision of each order id."""
    newest: dict[str, Fact] = {}
    for order in orders:
        held = newest.get(order.order_id)
        if held is None or order.revision > held.revision:
            newest[order.order_id] = order
    return list(newest.values())


def _is_over(order: Fact, at: int, window: int | None) -> bool:
    return window is not None and at >= order.at + window


def _is_taken_back(purchase: Fact, returns: list[Fact]) -> bool:
    left: dict[str, int] = {}
    for product, quantity, _ in purchase.counted_lines:
        left[product] = left.get(product, 0) + quantity
    for order in returns:
        if order.returns == purchase.order_id:
            for product, quantity, _ in order.counted_lines:
                if product in left:
                    left[product] -= quantity
    return max(left.values()) <= 0


class _Touch(NamedTuple):
    """An accepted order, at the clock at which it was folded."""

    clock: int
    order: Fact
    is_correction: bool


def run(log: list[Fact], window: int | None, predict: Predict) -> Story:
    """Replay one partition's log: who was in which segment from when to when, and why."""
    touches: dict[str, list[_Touch]] = {}
    held: dict[tuple[str, str], Fact] = {}
    clocks, refused = [NO_CLOCK], []
    for position, fact in enumerate(log):
        if not fact.customer:
            clocks.append(max(clocks[-1], fact.at))
            continue
        key = (fact.customer, fact.order_id)
        known = held.get(key)
        if known is not None and _is_over(known, clocks[-1], window):
            known = None
        if known is not None and _contradicts(known, fact):
            refused.append(position)
            continue
        if not fact.is_history:
            clocks.append(max(clocks[-1], min(fact.at, fact.timestamp + AHEAD)))
        is_new = known is None or fact.revision > known.revision
        if is_new and not _is_over(fact, clocks[-1], window):
            held[key] = fact
            touches.setdefault(fact.customer, []).append(_Touch(clocks[-1], fact, known is not None))
    steps = {customer: _Life(window, predict, clocks).live(mine) for customer, mine in touches.items()}
    return Story({customer: mine for customer, mine in steps.items() if mine}, clocks[-1], refused)


def _contradicts(known: Fact, order: Fact) -> bool:
    """Tell whether two orders with one id cannot both be true."""
    if (known.at, known.is_return, known.returns) != (order.at, order.is_return, order.returns):
        return True
    return known.revision == order.revision and known.lines != order.lines


class _Life:
    """One customer, evaluated at every instant at which anything could change."""

    def __init__(self, window: int | None, predict: Predict, clocks: list[int]) -> None:
        self.window, self.predict, self.clocks = window, predict, clocks
        self.held: dict[str, Fact] = {}
        self.at = NO_CLOCK
        self.waits_since: int | None = None
        self.segment: str | None = None
        self.steps: list[Step] = []

    def live(self, touches: list[_Touch]) -> list[Step]:
        """Go through the touches and then on to the last clock."""
        for clock, order, is_correction in touches:
            self.pass_time(clock)
            self.held[order.order_id] = order
            if order.is_history:
                self.waits_since = clock
            else:
                cause = "correction" if is_correction else "return" if order.is_return else "order"
                self.evaluate(clock, cause)
        self.pass_time(self.clocks[-1])
        return self.steps

    def pass_time(self, clock: int) -> None:
        """Evaluate at each moment up to the clock; history waits for one score at the clock's next advance."""
        if self.waits_since is not None:
            later = bisect_right(self.clocks, self.waits_since)
            if later == len(self.clocks) or self.clocks[later] > clock:
                return
            self.evaluate(self.clocks[later], "order", is_history=True)
        while (moment := self.next_moment()) <= clock:
            self.evaluate(moment, self.cause_of_time(moment))

    def evaluate(self, at: int, cause: str, *, is_history: bool = False) -> None:
        self.at, self.waits_since = at, None
        found = recount(self.held.values(), at, self.window)
        segment = None if found is None else self.predict((at - found.last_purchase) // DAY, *found[1:])
        if segment != self.segment:
            self.steps.append(Step(at, cause, self.segment, segment, is_history))
            self.segment = segment

    def next_moment(self) -> int:
        """Return the next start, the next expiry or the next whole day since the newest counted purchase."""
        moments = [order.at for order in self.held.values()]
        if self.window is not None:
            moments += [order.at + self.window for order in self.held.values()]
        found = recount(self.held.values(), self.at, self.window)
        if found is not None:
            days = (self.at - found.last_purchase) // DAY + 1
            moments.append(found.last_purchase + days * DAY)
        return min((moment for moment in moments if moment > self.at), default=NEVER)

    def cause_of_time(self, moment: int) -> str:
        started = [order for order in self.held.values() if order.at == moment and order.counted_lines]
        if started:
            return "return" if all(order.is_return for order in started) else "order"
        gone = self.window is not None and any(order.at + self.window == moment for order in self.held.values())
        return "expiry" if gone else "aging"
