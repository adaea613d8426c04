"""One order as a customer's state holds it: bytes, encoded once, and decoded only when it leaves or is taken back."""

from __future__ import annotations

import msgspec
from msgspec import Struct


class Entry(Struct, array_like=True, frozen=True, gc=False):
    """An order in exact integers, with the quantities summed by product."""

    order_id: str
    revision: int
    ordered_at: int
    is_return: bool
    returns: str | None
    amount: int
    """Ten-thousandths of the currency unit."""
    digest: int
    """64 bits of the lines as sent: tells a redelivery from another order under the same id."""
    products: tuple[tuple[str, int], ...]
    """Empty: the order is cancelled, or held nothing but lines with quantity 0."""

    @property
    def is_purchase(self) -> bool:
        """True for an order that is neither a return nor cancelled."""
        return not self.is_return and bool(self.products)


class Dated(Struct, array_like=True, frozen=True, gc=False):
    """An entry up to its instant: what follows is passed over, which spares the products."""

    order_id: str
    revision: int
    ordered_at: int


encode_entry = msgspec.msgpack.Encoder().encode
decode_entry = msgspec.msgpack.Decoder(Entry).decode
decode_dated = msgspec.msgpack.Decoder(Dated).decode
