"""The orders a customer's state holds one by one, encoded in a row, oldest first."""

from __future__ import annotations

from bisect import bisect_left

from stream_app.core.entry import Entry, decode_entry

Place = tuple[int, str, int]
"""An order's instant, its id, and how many bytes it takes."""


class HeldOrders:
    """A set of orders by id and by time.

    One row of bytes, because decoded orders would take four times the memory, and one object for each
    would cost a cache miss whenever the state is written.
    """

    __slots__ = ("_instants", "_places", "_row")

    def __init__(self) -> None:
        self._row = bytearray()
        self._places: list[Place] = []
        """Oldest first; ids break ties."""
        self._instants: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, order_id: object) -> bool:
        return order_id in self._instants

    @property
    def size_bytes(self) -> int:
        """How long the row is."""
        return len(self._row)

    def encoded(self) -> bytes:
        """Return the row."""
        return bytes(self._row)

    def oldest_at(self) -> int | None:
        """Return the oldest order's instant."""
        return self._places[0][0] if self._places else None

    def oldest(self) -> Entry:
        """Return the oldest order."""
        return self._read(0, self._places[0][2])

    def newest_ids(self, most: int) -> list[str]:
        """Return the ids of the newest orders, newest first."""
        return [order_id for _, order_id, _ in reversed(self._places[-most:])]

    def find(self, order_id: str) -> Entry | None:
        """Return an order, None when it is not held."""
        at = self._instants.get(order_id)
        return None if at is None else self._read(*self._span(at, order_id))

    def get(self, order_id: str) -> Entry:
        """Return an order that is held."""
        return self._read(*self._span(self._instants[order_id], order_id))

    def put(self, entry: Entry, raw: bytes) -> None:
        """Hold one more order, or a revision in the place of the order it corrects; `raw` is its encoded form."""
        at, order_id = entry.ordered_at, entry.order_id
        places = self._places
        if order_id in self._instants:
            self.remove(entry)
        place = (at, order_id, len(raw))
        self._instants[order_id] = at
        if not places or at > places[-1][0]:
            places.append(place)
            self._row += raw
        else:
            index = bisect_left(places, place)
            start = self._start_of(index)
            self._row[start:start] = raw
            places.insert(index, place)

    def remove(self, entry: Entry) -> None:
        """Hold an order no longer."""
        at = self._instants.pop(entry.order_id)
        index = self._index(at, entry.order_id)
        start = self._start_of(index)
        del self._row[start : start + self._places[index][2]]
        del self._places[index]

    def _index(self, at: int, order_id: str) -> int:
        return bisect_left(self._places, (at, order_id, 0))

    def _start_of(self, index: int) -> int:
        start = 0
        for _, _, size in self._places[:index]:
            start += size
        return start

    def _span(self, at: int, order_id: str) -> tuple[int, int]:
        index = self._index(at, order_id)
        start = self._start_of(index)
        return start, start + self._places[index][2]

    def _read(self, start: int, end: int) -> Entry:
        return decode_entry(self._row[start:end])
