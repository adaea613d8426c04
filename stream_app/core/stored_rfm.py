"""A customer's RFM state as its record holds it: the sums at hand, the orders unread."""

from __future__ import annotations

from msgspec import Raw

from stream_app.core.entry import decode_dated, decode_entry
from stream_app.core.features import Features
from stream_app.core.instants import DAY_US
from stream_app.core.rfm import RfmState
from stream_app.core.state_layout import StateHeader


class StoredRfm:
    """What time needs of a customer whom no order touches, which is most of those who are due.

    Reading one order takes 3 µs, and a customer of some years has dozens. It stands for orders that all count at
    `as_of`, of which nothing is summed by day; as soon as an order comes or goes, `read` gives the whole state.
    """

    __slots__ = ("_entries", "_frequency", "_last_purchase", "_monetary", "_oldest_at", "as_of", "unique_products")

    def __init__(self, header: StateHeader, entries: list[Raw], oldest_at: int) -> None:
        self.as_of = header.as_of
        self.unique_products = header.unique_products
        self._last_purchase = header.last_purchase
        self._frequency = header.frequency
        self._monetary = header.monetary
        self._entries = entries
        self._oldest_at = oldest_at

    @property
    def summary(self) -> None:
        """Nothing is summed by day."""
        return None

    def last_purchase(self) -> int | None:
        """Return the instant of the newest counted purchase, None when the customer has lapsed."""
        return self._last_purchase

    def frequency(self) -> int:
        """Return the number of counted purchases."""
        return self._frequency

    def monetary(self) -> int:
        """Return the net amount, never below 0, in ten-thousandths."""
        return self._monetary

    def features(self, as_of: int) -> Features | None:
        """Return the features at an instant up to which nothing expires, None when the customer has lapsed."""
        last = self._last_purchase
        if last is None:
            return None
        return Features((as_of - last) // DAY_US, self._frequency, self._monetary, self.unique_products)

    def next_start(self) -> int | None:
        """Return None: no order is dated after `as_of`."""
        return None

    def next_expiry(self, window: int) -> int:
        """Return the instant at which the next order leaves the window."""
        return self._oldest_at + window

    def orders(self) -> tuple[int, bytes]:
        """Return how many orders are held, and them as they were encoded, oldest first."""
        return len(self._entries), b"".join(self._entries)

    def read(self) -> RfmState:
        """Return the state with its orders; the running sums are counted anew from them."""
        rfm = RfmState(self.as_of)
        for raw in map(bytes, self._entries):
            rfm.add(decode_entry(raw), raw)
        return rfm


def unread(header: StateHeader, entries: list[Raw]) -> StoredRfm | None:
    """Return the state unread, None when its orders have to be read at once."""
    if not entries or header.days or header.summed_ids:
        return None
    oldest_at, newest_at = decode_dated(entries[0]).ordered_at, decode_dated(entries[-1]).ordered_at
    return None if newest_at > header.as_of else StoredRfm(header, entries, oldest_at)
