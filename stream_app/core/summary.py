"""What is kept of a customer's orders beyond the newest thousand: sums per day, so that no state grows without end."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from msgspec import Struct, field

from stream_app.core.entry import Entry
from stream_app.core.instants import DAY_US

MAX_ENTRIES = 1_000
"""The newest orders are held one by one; the largest household of two real data sets has 780."""

MAX_ENTRY_BYTES = 262_144
"""And so many bytes of them: 1,000 orders of 5,000 lines would not fit a Kafka record."""

MAX_DAYS = 1_100
MAX_PRODUCT_BYTES = 131_072
MAX_IDS = 8_192
"""So many summed orders are still recognised when they are sent again."""

MAX_MONEY = 9_000_000_000_000_000_000
"""A sum saturates here instead of leaving 64 bits: reached by 900,000 orders of a billion each."""


class DaySum(Struct, array_like=True):
    """The orders of one day, summed when they fell out of the newest thousand."""

    day: int
    amount: int = 0
    purchases: int = 0
    last_purchase: int = -1
    products: dict[str, int] = field(default_factory=dict)
    nameless_products: int = 0
    """Products counted but no longer told apart: their names had grown past MAX_PRODUCT_BYTES."""


class Summary:
    """The days summed so far, oldest first, and the hashed ids of their orders."""

    __slots__ = ("days", "ids", "last_purchase", "product_bytes", "purchases")

    def __init__(self, days: list[DaySum] | None = None, ids: bytes = b"") -> None:
        self.days = days or []
        self.purchases = sum(day.purchases for day in self.days)
        """How many counted purchases were summed."""
        self.last_purchase = max((day.last_purchase for day in self.days), default=-1)
        """The newest summed purchase's instant, -1 when there is none."""
        self.product_bytes = sum(cost(product) for day in self.days for product in day.products)
        self.ids = dict.fromkeys(ids[at : at + 8] for at in range(0, len(ids), 8))

    def encoded(self) -> tuple[list[DaySum], bytes]:
        """Return what a state record carries of the summary."""
        return self.days, b"".join(self.ids)

    def knows(self, order_id: str, revision: int = 0) -> bool:
        """Tell whether this revision of an order was summed."""
        return bool(self.ids) and id_hash(order_id, revision) in self.ids

    def remember(self, entry: Entry) -> None:
        """Keep the entry's hashed id, forgetting the oldest beyond the cap."""
        self.ids[id_hash(entry.order_id)] = None
        if entry.revision:
            self.ids[id_hash(entry.order_id, entry.revision)] = None
        while len(self.ids) > MAX_IDS:
            del self.ids[next(iter(self.ids))]

    def add_products(self, day: DaySum, products: Iterable[tuple[str, int]], sign: int) -> None:
        """Add net quantities by product to one of the days."""
        for product, quantity in products:
            old = day.products.get(product, 0)
            net = old + sign * quantity
            if net:
                day.products[product] = net
                self.product_bytes += 0 if old else cost(product)
            else:
                del day.products[product]
                self.product_bytes -= cost(product)

    def add_purchase(self, day: DaySum, instant: int) -> None:
        """Count a purchase in one of the days."""
        day.purchases += 1
        day.last_purchase = max(day.last_purchase, instant)
        self.purchases += 1
        self.last_purchase = max(self.last_purchase, instant)

    def drop_oldest(self, number: int) -> None:
        """Forget so many of the oldest days: they left the window."""
        for day in self.days[:number]:
            self.clear_products(day)
            self.purchases -= day.purchases
        del self.days[:number]
        self.last_purchase = max((day.last_purchase for day in self.days), default=-1)

    def clear_products(self, day: DaySum) -> None:
        """Forget which products a day held."""
        self.product_bytes -= sum(cost(product) for product in day.products)
        day.products = {}

    def day_of(self, instant: int, *, is_windowed: bool) -> DaySum:
        """Return the sum for the day of an instant; without a window nothing expires and one sum serves all."""
        day = instant // DAY_US if is_windowed else 0
        position = len(self.days)
        while position and self.days[position - 1].day >= day:
            position -= 1
        if position == len(self.days) or self.days[position].day != day:
            self.days.insert(position, DaySum(day))
        return self.days[position]


def cost(product: str) -> int:
    """Return how many bytes of a state record a product and its quantity may take."""
    return len(product.encode()) + 12


def id_hash(order_id: str, revision: int = 0) -> bytes:
    """Return 64 bits that stand for an order's id, or for one later revision of it."""
    text = f"{order_id}\0{revision}" if revision else order_id
    return blake2b(text.encode(), digest_size=8).digest()
