"""A shop's log for the crash proofs: two and a half years of orders with everything in them that can go wrong."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.partitioner import Partitioner, partition_of
from tests.builders import an_instant, an_order_json

BEGINNING = an_instant("2022-01-01T00:00:00Z")
LENGTH = 880 * DAY_US
BAD_VALUES = (b"{", b"\xff\xfe", b"[]", b'{"order_id": "O"}', b'{"order_id": NaN}')


@dataclass(frozen=True)
class Sent:
    """One record of the orders topic, to be sent to its partition."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)


def a_log(partitions: int, *, orders: int = 3_000, customers: int = 60, seed: int = 7) -> list[Sent]:
    """Return the same log for the same arguments: about a tenth of it late, repeated, corrected, returned or bad."""
    shop = _Shop(partitions, random.Random(seed), [f"C{n}" for n in range(customers)])
    for number in range(orders):
        if number == orders // 20:
            shop.tick(number / orders)
        shop.trade(f"O{number}", number / orders, is_history=number < orders // 20)
        if number % (orders // 4) == orders // 8:
            shop.tick(number / orders)
    shop.tick(1.25)
    return shop.log


class _Shop:
    def __init__(self, partitions: int, luck: random.Random, customers: list[str]) -> None:
        self.log: list[Sent] = []
        self._partitions = partitions
        self._luck = luck
        self._customers = customers
        # Added up once: `choices` would do it again for each order.
        self._zeal = list(accumulate(luck.paretovariate(1.1) for _ in customers))
        self._sold: list[dict[str, Any]] = []

    def tick(self, progress: float) -> None:
        instant = rfc3339(BEGINNING + int(progress * LENGTH)).encode()
        self.log += [Sent(p, None, None, [("segstream.tick", instant)]) for p in range(self._partitions)]

    def trade(self, order_id: str, progress: float, *, is_history: bool) -> None:
        kind = self._luck.random()
        is_late = kind < 0.06
        ordered_at = BEGINNING + int(progress * LENGTH) + self._luck.randrange(DAY_US)
        ordered_at -= self._luck.randrange(120 * DAY_US) if is_late else 0
        order = an_order_json(
            order_id=order_id,
            customer_id=self._luck.choices(self._customers, cum_weights=self._zeal)[0],
            ordered_at=rfc3339(max(BEGINNING, ordered_at)),
            lines=self._lines(),
        )
        self._send(order, is_history=is_history)
        self._sold.append(order)
        if not is_history:
            self._follow(order, kind)

    def _follow(self, order: dict[str, Any], kind: float) -> None:
        """Let some orders be followed by one that repeats, corrects, cancels, returns or contradicts an earlier one."""
        earlier = self._luck.choice(self._sold[-400:])
        if 0.06 <= kind < 0.10:
            self._send(earlier)
        elif kind < 0.13:
            self._send(earlier | {"revision": 1 + self._luck.randrange(3), "lines": self._lines()})
        elif kind < 0.14:
            self._send(earlier | {"revision": 4, "lines": []})
        elif kind < 0.17:
            self._send(self._a_return(order, earlier) | {"returns": earlier["order_id"]})
        elif kind < 0.18:
            self._send(self._a_return(order, earlier))
        elif kind < 0.19:
            self._send(earlier | {"ordered_at": "2022-03-04T05:06:07Z", "revision": 9})
        elif kind < 0.21:
            self._put(self._luck.choice(self._customers), self._luck.choice(BAD_VALUES), [])

    @staticmethod
    def _a_return(order: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
        return earlier | {"order_id": f"{order['order_id']}-R", "type": "return", "ordered_at": order["ordered_at"]}

    def _lines(self) -> list[dict[str, Any]]:
        luck = self._luck
        return [
            {
                "product_id": f"P{luck.randrange(300)}",
                "quantity": luck.randrange(4),
                "unit_price": luck.randrange(9_000) / 100,
            }
            for _ in range(1 + luck.randrange(4))
        ]

    def _send(self, order: dict[str, Any], *, is_history: bool = False) -> None:
        headers = [("replay", b"true")] if is_history else []
        self._put(order["customer_id"], json.dumps(order).encode(), headers)

    def _put(self, customer_id: str, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        key = customer_id.encode()
        partition = partition_of(key, self._partitions, Partitioner.MURMUR2)
        assert partition is not None
        self.log.append(Sent(partition, key, value, headers))
