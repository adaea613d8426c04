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
    """Product, quantity, and the line's money in ten-thousandths; a line with quantity 0 is ignored."""
    is_return: bool = False
    returns: str | None = None
    revision: int = 0
    timestamp: int = 0
    is_history: bool = False

    @property
    def is_cancelled(self) -> bool:
        """Tell whether no line is left."""
        return all(quantity == 0 for _, quantity, _ in self.lines)


class Recount(NamedTuple):
    """What a customer's orders add up to."""

    last_purchase: int
    frequency: int
    monetary: int
    unique_products: int


class Evaluation(NamedTuple):
    """An instant at which a customer is scored, and what their orders add up to at it."""

    at: int
    cause: str
    found: Recount | None
    is_history: bool

    @property
    def row(self) -> tuple[int, int, int, int] | None:
        """Recency in days, frequency, money and products; None when no purchase counts."""
        return None if self.found is None else ((self.at - self.found.last_purchase) // DAY, *self.found[1:])


class Lives(NamedTuple):
    """All that a log leads to, before anybody is scored."""

    evaluations: dict[str, list[Evaluation]]
    clock: int
    refused: list[int]
    """Positions in the log of the orders that contradict an earlier one."""
    waiting: set[str]
    """Customers whose history is folded and not scored yet."""


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


Predict = Callable[[int, int, int, int], str]


def recount(orders: Iterable[Fact], at: int, window: int | None) -> Recount | None:
    """Add up one customer's orders at an instant; None when no purchase counts."""
    inside = [order for order in _newest(orders) if order.at <= at and not _is_over(order, at, window)]
    purchases = {order.order_id: order for order in inside if not order.is_return and not order.is_cancelled}
    returns = [order for order in inside if order.is_return and (order.returns is None or order.returns in purchases)]
    named = {order.returns for order in returns}
    kept = [order for order in purchases.values() if order.order_id not in named or not _is_taken_back(order, returns)]
    if not kept:
        return None
    money = 0
    net: dict[str, int] = {}
    for order in [*purchases.values(), *returns]:
        sign = -1 if order.is_return else 1
        for product, quantity, amount in order.lines:
            if quantity > 0:
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
    for product, quantity, _ in purchase.lines:
        left[product] = left.get(product, 0) + quantity
    for order in returns:
        if order.returns == purchase.order_id:
            for product, quantity, _ in order.lines:
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
    lives = live(log, window)
    steps = {customer: steps_of(mine, predict) for customer, mine in lives.evaluations.items()}
    return Story({customer: mine for customer, mine in steps.items() if mine}, lives.clock, lives.refused)


class Era(NamedTuple):
    """From a position in the log on, this is the model."""

    since: int
    predict: Predict
    is_quiet: bool = False


def run_eras(log: list[Fact], window: int | None, eras: list[Era]) -> dict[str, list[Step]]:
    """Replay one partition's log under one model after the other; the first one's position is 0."""
    judged = judge_eras(log, window, eras)
    return {name: steps for name, mine in judged.items() if (steps := _steps_by(mine))}


Judged = list[tuple[Evaluation, Predict]]
"""One customer's evaluations, each with the model that decides."""


def judge_eras(log: list[Fact], window: int | None, eras: list[Era]) -> dict[str, Judged]:
    """Say when everybody is evaluated, and by which model."""
    whole = live(log, window).evaluations
    judged: dict[str, Judged] = {name: [] for name in whole}
    for number, era in enumerate(eras):
        last = number == len(eras) - 1
        until = live(log if last else log[: eras[number + 1].since], window)
        for name, mine in until.evaluations.items():
            seen = [each for each, _ in judged[name] if each.cause != "model"]
            assert mine[: len(seen)] == seen == whole[name][: len(seen)], "what came later changed the past"
            judged[name] += [(each, era.predict) for each in mine[len(seen) :]]
        if not last:
            _change_model(judged, until, eras[number + 1])
    return judged


def totals_at(judged: dict[str, Judged], instant: int) -> dict[str, tuple[int, int]]:
    """Count customers and money by segment, everybody as last evaluated up to an instant; "": in none."""
    totals: dict[str, tuple[int, int]] = {}
    for mine in judged.values():
        known = [each for each in mine if each[0].at <= instant]
        if known:
            evaluation, predict = known[-1]
            segment = "" if evaluation.row is None else predict(*evaluation.row)
            customers, money = totals.get(segment, (0, 0))
            more = 0 if evaluation.found is None else evaluation.found.monetary
            totals[segment] = (customers + 1, money + more)
    return totals


def _change_model(judged: dict[str, Judged], now: Lives, era: Era) -> None:
    """Everybody who was ever scored is scored anew at the clock, unless history is about to do it."""
    for name, mine in judged.items():
        if mine and name not in now.waiting:
            anew = Evaluation(now.clock, "model", mine[-1][0].found, era.is_quiet)
            mine.append((anew, era.predict))


def _steps_by(judged: Iterable[tuple[Evaluation, Predict]]) -> list[Step]:
    steps: list[Step] = []
    before = None
    for evaluation, predict in judged:
        segment = None if evaluation.row is None else predict(*evaluation.row)
        if segment != before:
            steps.append(Step(evaluation.at, evaluation.cause, before, segment, evaluation.is_history))
            before = segment
    return steps


def steps_of(evaluations: Iterable[Evaluation], predict: Predict) -> list[Step]:
    """Score one customer's evaluations and keep those that find another segment."""
    return _steps_by((evaluation, predict) for evaluation in evaluations)


def live(log: list[Fact], window: int | None) -> Lives:
    """Replay one partition's log: when everybody is evaluated, why, and what their orders add up to."""
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
    lives = {customer: _Life(window, clocks) for customer in touches}
    evaluations = {customer: life.live(touches[customer]) for customer, life in lives.items()}
    waiting = {customer for customer, life in lives.items() if life.waits_since is not None}
    return Lives(evaluations, clocks[-1], refused, waiting)


def _contradicts(known: Fact, order: Fact) -> bool:
    """Tell whether two orders with one id cannot both be true."""
    if (known.at, known.is_return, known.returns) != (order.at, order.is_return, order.returns):
        return True
    return known.revision == order.revision and known.lines != order.lines


class _Life:
    """One customer, evaluated at every instant at which anything could change."""

    def __init__(self, window: int | None, clocks: list[int]) -> None:
        self.window, self.clocks = window, clocks
        self.held: dict[str, Fact] = {}
        self.edges: list[int] = []
        """When the held orders begin and cease to count: between two of these the sums stand still."""
        self.at = NO_CLOCK
        self.waits_since: int | None = None
        self.found: Recount | None = None
        self.evaluations: list[Evaluation] = []

    def live(self, touches: list[_Touch]) -> list[Evaluation]:
        """Go through the touches and then on to the last clock."""
        for clock, order, is_correction in touches:
            self.pass_time(clock)
            self.hold(order)
            if order.is_history:
                self.waits_since = clock
            else:
                cause = "correction" if is_correction else "return" if order.is_return else "order"
                self.evaluate(clock, cause)
        self.pass_time(self.clocks[-1])
        return self.evaluations

    def hold(self, order: Fact) -> None:
        self.held[order.order_id] = order
        starts = {each.at for each in self.held.values()}
        self.edges = sorted(starts if self.window is None else starts | {at + self.window for at in starts})

    def pass_time(self, clock: int) -> None:
        """Evaluate at each moment up to the clock; history waits for one score at the clock's next advance."""
        if self.waits_since is not None:
            later = bisect_right(self.clocks, self.waits_since)
            if later == len(self.clocks) or self.clocks[later] > clock:
                return
            self.evaluate(self.clocks[later], "order", is_history=True)
        while (moment := self.next_moment()) <= clock:
            if moment == self.next_edge():
                self.evaluate(moment, self.cause_of_edge(moment))
            else:
                self.note(moment, "aging")

    def evaluate(self, at: int, cause: str, *, is_history: bool = False) -> None:
        self.found = recount(self.held.values(), at, self.window)
        self.note(at, cause, is_history=is_history)

    def note(self, at: int, cause: str, *, is_history: bool = False) -> None:
        self.at, self.waits_since = at, None
        self.evaluations.append(Evaluation(at, cause, self.found, is_history))

    def next_moment(self) -> int:
        """Return the next start, the next expiry or the next whole day since the newest counted purchase."""
        if self.found is None:
            return self.next_edge()
        days = (self.at - self.found.last_purchase) // DAY + 1
        return min(self.next_edge(), self.found.last_purchase + days * DAY)

    def next_edge(self) -> int:
        place = bisect_right(self.edges, self.at)
        return self.edges[place] if place < len(self.edges) else NEVER

    def cause_of_edge(self, moment: int) -> str:
        started = [order for order in self.held.values() if order.at == moment and not order.is_cancelled]
        if started:
            return "return" if all(order.is_return for order in started) else "order"
        gone = self.window is not None and any(order.at + self.window == moment for order in self.held.values())
        return "expiry" if gone else "aging"
