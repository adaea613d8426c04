"""An order as a shop's file tells it, and the JSON that is sent for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from stream_app.contract.order import MONEY_SCALE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

HistoricLine = tuple[str, int, int]
"""product_id, quantity, amount in ten-thousandths of the currency unit."""

_encode = msgspec.json.Encoder().encode


class HistoricOrder(Struct, frozen=True, gc=False):
    """One purchase or unlinked return, its lines in the order of the file."""

    order_id: str
    customer_id: str
    ordered_at_us: int
    """Microseconds since 1970, UTC."""
    type: str
    lines: list[HistoricLine]

    def to_json(self) -> bytes:
        """Return the order as the contract of `orders.v1` wants it.

        >>> HistoricOrder("1", "c", 0, "order", [("p", 2, 153_000)]).to_json()[-56:]
        b'"lines":[{"product_id":"p","quantity":2,"amount":15.3}]}'
        """
        order: dict[str, object] = {
            "order_id": self.order_id,
            "customer_id": self.customer_id,
            "ordered_at": EPOCH + timedelta(microseconds=self.ordered_at_us),
        }
        if self.type != "order":
            order["type"] = self.type
        # The quotient is the float nearest to the decimal, so it prints short and reads back exact.
        order["lines"] = [
            {"product_id": product, "quantity": quantity, "amount": amount / MONEY_SCALE}
            for product, quantity, amount in self.lines
        ]
        return _encode(order)
