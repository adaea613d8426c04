"""A customer's rolling RFM state: a set of orders and what they add up to at an instant, in any order of arrival."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from enum import Enum

from stream_app.contract.dead_letter import Code, Refused
from stream_app.core.entry import Entry, encode_entry
from stream_app.core.features import Features
from stream_app.core.held_orders import HeldOrders
from stream_app.core.instants import DAY_US
from stream_app.core.summary import DaySum, Summary


class Verdict(Enum):
    """What an order means to a state that may already know its id."""

    NEW = "new"
    REPLACES = "replaces"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"


class RfmState:
    """The held orders and the running sums of those that count at `as_of`.

    An order counts while ordered_at <= as_of < ordered_at + window. A linked return counts while its
    purchase does too. A purchase whose every product was taken back counts for neither R nor F.
    """

    __slots__ = (
        "as_of",
        "future",
        "held",
        "links",
        "live",
        "money",
        "quantities",
        "summary",
        "unique_products",
    )

    def __init__(self, as_of: int = -1) -> None:
        self.as_of = as_of
        self.held = HeldOrders()
        self.future: list[tuple[int, str]] = []
        """Instants and ids of the held orders that are dated after `as_of`."""
        self.live: list[int] = []
        """Instants of the purchases that count, ascending: its end is recency, its length frequency."""
        self.links: dict[str, list[str]] = {}
        """Ids of the counted returns that name a purchase, whether that purchase is known or not."""
        self.quantities: dict[str, int] = {}
        self.unique_products = 0
        self.money = 0
        self.summary: Summary | None = None

    def verdict(self, order: Entry) -> Verdict:
        """Say what the order means here; raises Refused when it contradicts what is held."""
        held = self.held.find(order.order_id)
        if held is None:
            return Verdict.NEW if self.summary is None else self._verdict_on_summed(order, self.summary)
        is_same_order = (
            held.ordered_at == order.ordered_at and held.is_return == order.is_return and held.returns == order.returns
        )
        if not is_same_order:
            raise Refused(Code.ID_CONFLICT, "another order has this id: ordered_at, type or returns differ")
        if order.revision != held.revision:
            return Verdict.REPLACES if order.revision > held.revision else Verdict.SUPERSEDED
        if order.digest != held.digest:
            raise Refused(Code.ID_CONFLICT, "another order has this id and revision: the lines differ")
        return Verdict.DUPLICATE

    def _verdict_on_summed(self, order: Entry, summary: Summary) -> Verdict:
        if summary.knows(order.order_id):
            if not order.revision or summary.knows(order.order_id, order.revision):
                return Verdict.DUPLICATE
            raise Refused(Code.TOO_OLD, "a revision of an order that is kept only as part of a sum")
        if order.returns is not None and summary.knows(order.returns):
            raise Refused(Code.TOO_OLD, "a return of an order that is kept only as part of a sum")
        return Verdict.NEW

    def add(self, entry: Entry, raw: bytes | None = None) -> None:
        """Take in an order whose verdict was NEW or REPLACES; `raw` is its encoded form, if that is at hand."""
        held, at = self.held, entry.ordered_at
        is_counted = at <= self.as_of
        if entry.order_id not in held:
            if not is_counted:
                insort(self.future, (at, entry.order_id))
        elif is_counted:
            self._uncount(held.get(entry.order_id))
        held.put(entry, raw or encode_entry(entry))
        if is_counted:
            self._count(entry)

    def advance(self, as_of: int, window: int | None) -> tuple[bool, list[Entry]]:
        """Move to an instant; return whether anything expired and which future-dated orders began to count."""
        self.as_of = max(self.as_of, as_of)
        started = self._start(as_of) if self.future else []
        return (window is not None and self._expire(as_of - window)), started

    def _start(self, as_of: int) -> list[Entry]:
        """Count the orders that were dated ahead of the clock until now."""
        started: list[Entry] = []
        while self.future and self.future[0][0] <= as_of:
            started.append(self.held.get(self.future.pop(0)[1]))
        # Purchases first: a return that starts with its purchase takes back what must count already.
        for entry in sorted(started, key=_is_return):
            self._count(entry)
        return started

    def _expire(self, limit: int) -> bool:
        """Drop what was ordered at or before `limit`."""
        held = self.held
        is_gone = False
        while (at := held.oldest_at()) is not None and at <= limit:
            entry = held.oldest()
            self._uncount(entry)
            held.remove(entry)
            is_gone = True
        if self.summary is not None and self._expire_days(limit):
            return True
        return is_gone

    def _expire_days(self, limit: int) -> bool:
        """Drop the summed days whose last microsecond is at or before `limit`."""
        assert self.summary is not None
        days = self.summary.days
        gone = 0
        while gone < len(days) and (days[gone].day + 1) * DAY_US - 1 <= limit:
            self.sum_day(days[gone], -1)
            gone += 1
        if gone == len(days):
            # Whatever was summed has expired, and an expired order needs no id to be ignored.
            self.summary = None
        elif gone:
            self.summary.drop_oldest(gone)
        return gone > 0

    def sum_day(self, day: DaySum, sign: int) -> None:
        """Add a summed day to the running sums, or take it out again."""
        self.money += sign * day.amount
        self.unique_products += sign * day.nameless_products
        self.sum_products(day.products.items(), sign)

    def next_start(self) -> int | None:
        """Return the instant at which the next order dated after `as_of` begins to count."""
        return self.future[0][0] if self.future else None

    def next_expiry(self, window: int) -> int | None:
        """Return the instant at which the next order or summed day leaves the window."""
        at = self.held.oldest_at()
        expiry = None if at is None else at + window
        if self.summary is not None and self.summary.days:
            day_end = (self.summary.days[0].day + 1) * DAY_US - 1 + window
            expiry = day_end if expiry is None else min(expiry, day_end)
        return expiry

    def orders(self) -> tuple[int, bytes]:
        """Return how many orders are held, and them as they were encoded, oldest first."""
        return len(self.held), self.held.encoded()

    def last_purchase(self) -> int | None:
        """Return the instant of the newest counted purchase, None when the customer has lapsed."""
        newest = self.live[-1] if self.live else -1
        if self.summary is not None:
            newest = max(newest, self.summary.last_purchase)
        return None if newest < 0 else newest

    def frequency(self) -> int:
        """Return the number of counted purchases."""
        return len(self.live) + (self.summary.purchases if self.summary is not None else 0)

    def monetary(self) -> int:
        """Return the net amount, never below 0, in ten-thousandths."""
        return max(self.money, 0)

    def features(self, as_of: int) -> Features | None:
        """Return the features at an instant to which the state was advanced, None when the customer has lapsed."""
        last = self.last_purchase()
        if last is None:
            return None
        return Features((as_of - last) // DAY_US, self.frequency(), self.monetary(), self.unique_products)

    def _count(self, entry: Entry) -> None:
        if entry.is_purchase:
            self._sum(entry, 1)
            for return_id in self.links.get(entry.order_id, ()):
                self._sum(self.held.get(return_id), -1)
            if not self._is_taken_back(entry):
                insort(self.live, entry.ordered_at)
        elif entry.is_return:
            if entry.returns is None:
                self._sum(entry, -1)
            else:
                self._link(entry)

    def _uncount(self, entry: Entry) -> None:
        if entry.is_purchase:
            if not self._is_taken_back(entry):
                del self.live[bisect_left(self.live, entry.ordered_at)]
            for return_id in self.links.get(entry.order_id, ()):
                self._sum(self.held.get(return_id), 1)
            self._sum(entry, -1)
        elif entry.is_return:
            if entry.returns is None:
                self._sum(entry, 1)
            else:
                self._unlink(entry, entry.returns)

    def _link(self, entry: Entry) -> None:
        assert entry.returns is not None
        purchase = self.counted_purchase(entry.returns)
        was_live = purchase is not None and not self._is_taken_back(purchase)
        self.links.setdefault(entry.returns, []).append(entry.order_id)
        if purchase is not None:
            self._sum(entry, -1)
            if was_live and self._is_taken_back(purchase):
                del self.live[bisect_left(self.live, purchase.ordered_at)]

    def _unlink(self, entry: Entry, purchase_id: str) -> None:
        purchase = self.counted_purchase(purchase_id)
        was_live = purchase is not None and not self._is_taken_back(purchase)
        ids = self.links[purchase_id]
        ids.remove(entry.order_id)
        if not ids:
            del self.links[purchase_id]
        if purchase is not None:
            self._sum(entry, 1)
            if not was_live and not self._is_taken_back(purchase):
                insort(self.live, purchase.ordered_at)

    def counted_purchase(self, order_id: str) -> Entry | None:
        """Return the purchase if it is held, not cancelled and already counts."""
        entry = self.held.find(order_id)
        return entry if entry is not None and entry.is_purchase and entry.ordered_at <= self.as_of else None

    def _is_taken_back(self, purchase: Entry) -> bool:
        """Tell whether the counted linked returns leave no product of the purchase."""
        return_ids = self.links.get(purchase.order_id)
        return bool(return_ids) and all(net <= 0 for net in self.net_products(purchase).values())

    def net_products(self, purchase: Entry) -> dict[str, int]:
        """Return what the counted linked returns leave of each product of a purchase."""
        left = dict(purchase.products)
        for return_id in self.links.get(purchase.order_id, ()):
            for product, quantity in self.held.get(return_id).products:
                if product in left:
                    left[product] -= quantity
        return left

    def _sum(self, entry: Entry, sign: int) -> None:
        """Add an entry's money and quantities to the sums, or take them out again."""
        self.money += sign * entry.amount
        self.sum_products(entry.products, sign)

    def sum_products(self, products: Iterable[tuple[str, int]], sign: int) -> None:
        """Add quantities by product; a product whose net returns to 0 is forgotten."""
        quantities = self.quantities
        unique = self.unique_products
        for product, quantity in products:
            old = quantities.get(product, 0)
            net = old + sign * quantity
            if net:
                quantities[product] = net
            else:
                del quantities[product]
            unique += (net > 0) - (old > 0)
        self.unique_products = unique


def _is_return(entry: Entry) -> bool:
    return entry.is_return
