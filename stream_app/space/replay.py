"""The demonstration's year at a pace that can be watched: half of it as fast as it goes, then day by day, then anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from itertools import islice

from stream_app.core.instants import DAY_US
from stream_app.demo.shop import Shop, open_shop
from stream_app.history.historic_order import HistoricOrder
from stream_app.space.partition import Partition, order_record, tick_record

SEED_ORDERS = 5_000
SEED_DAYS = 91
"""So many days before the present are not loaded as history but lived through: the Live page looks 90 days back."""
BEAT_SECONDS = 0.5


class Replay(threading.Thread):
    """Sends the shop's orders into the partition until it is stopped; `failure` says what ended it before."""

    def __init__(self, partition: Partition, day_seconds: float) -> None:
        super().__init__(name="replay", daemon=True)
        self._partition = partition
        self._us_per_second = DAY_US / day_seconds
        self._stopping = threading.Event()
        self.failure: Exception | None = None

    def run(self) -> None:
        """Begin the year again and again."""
        try:
            shop = open_shop(None)
            with shop.history:
                while not self._stopping.is_set():
                    self._year(shop)
        except Exception as error:
            self.failure = error

    def stop(self) -> None:
        """End within a beat, or with the chunk that is being written."""
        self._stopping.set()
        if self.is_alive():
            self.join(10)

    def _year(self, shop: Shop) -> None:
        self._partition.begin()
        begin = shop.cut_us - SEED_DAYS * DAY_US
        self._hurry(shop.history.orders(until_us=begin), is_history=True)
        # History is scored when the clock moves.
        self._partition.take([tick_record(begin)])
        self._hurry(shop.history.orders(from_us=begin, until_us=shop.cut_us), is_history=False)
        for until, orders in self._beats(shop.live(), shop.cut_us):
            # Where nobody buys, time passes all the same.
            self._partition.take([order_record(order) for order in orders] or [tick_record(until)])

    def _hurry(self, orders: Iterator[HistoricOrder], *, is_history: bool) -> None:
        while some := [order_record(order, is_history=is_history) for order in islice(orders, SEED_ORDERS)]:
            if self._stopping.is_set():
                return
            self._partition.take(some)

    def _beats(self, orders: Iterable[HistoricOrder], from_us: int) -> Iterator[tuple[int, list[HistoricOrder]]]:
        """Yield, beat by beat, the shop's time and what was bought since the last one; ends with the orders."""
        began = time.monotonic()
        waiting: list[HistoricOrder] = []
        until = from_us
        for order in orders:
            while order.ordered_at_us > until:
                if waiting:
                    yield until, waiting
                    waiting = []
                if self._stopping.wait(BEAT_SECONDS):
                    return
                until = from_us + int((time.monotonic() - began) * self._us_per_second)
            waiting.append(order)
        yield until, waiting
