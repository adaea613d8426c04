"""One order as a customer's state holds it, encoded once and carried as bytes from then on."""

from __future__ import annotations

import msgspec

from stream_app.core.order import Order


class Entry:
    """A held order; `raw` is its encoded form, so that writing a state is a join of bytes."""

    __slots__ = ("amount", "digest", "is_return", "order_id", "ordered_at", "products", "raw", "returns", "revision")

    def __init__(
        self,
        order_id: str,
        revision: int,
        ordered_at: int,
        is_return: bool,
        returns: str | None,
        amount: int,
        digest: int,
        products: tuple[tuple[str, int], ...],
        raw: bytes,
    ) -> None:
        self.order_id = order_id
        self.revision = revision
        self.ordered_at = ordered_at
        self.is_return = is_return
        self.returns = returns
        self.amount = amount
        self.digest = digest
        self.products = products
        self.raw = raw

    @property
    def is_purchase(self) -> bool:
        """True for an order that is neither a return nor cancelled."""
        return not self.is_return and bool(self.products)


_Fields = tuple[str, int, int, bool, str | None, int, int, tuple[tuple[str, int], ...]]
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(_Fields).decode


def entry_of(order: Order) -> Entry:
    """Return the order as a state holds it."""
    fields: _Fields = (
        order.order_id,
        order.revision,
        order.ordered_at,
        order.is_return,
        order.returns,
        order.amount,
        order.digest,
        order.products,
    )
    return Entry(*fields, _pack(fields))


def read_entry(raw: bytes) -> Entry:
    """Decode one held order."""
    fields: _Fields = _unpack(raw)
    return Entry(*fields, raw)
