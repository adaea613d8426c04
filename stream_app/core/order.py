"""From a record's value to an Order in exact integers, or to the reason why it can never be one."""

from __future__ import annotations

import msgspec
from xxhash import xxh3_64_intdigest

from stream_app.contract.dead_letter import Code, Refused
from stream_app.contract.explain import complexity, explain
from stream_app.contract.order import MAX_AMOUNT, MAX_YEAR, MONEY_SCALE, is_in_range
from stream_app.contract.wire import LineMessage, OrderMessage, decode_order
from stream_app.core.instants import instant_of


class Order:
    """One purchase or return, with money in ten-thousandths and quantities summed by product."""

    __slots__ = (
        "amount",
        "customer_id",
        "digest",
        "is_return",
        "order_id",
        "ordered_at",
        "products",
        "returns",
        "revision",
        "zero_lines",
    )

    def __init__(
        self,
        order_id: str,
        customer_id: str,
        ordered_at: int,
        is_return: bool,
        returns: str | None,
        revision: int,
        amount: int,
        products: tuple[tuple[str, int], ...],
        digest: int,
        zero_lines: int,
    ) -> None:
        self.order_id = order_id
        self.customer_id = customer_id
        self.ordered_at = ordered_at
        self.is_return = is_return
        self.returns = returns
        self.revision = revision
        self.amount = amount
        self.products = products
        """Empty: the order is cancelled, or held nothing but lines with quantity 0."""
        self.digest = digest
        """64 bits of the lines as sent: tells a redelivery from another order under the same id."""
        self.zero_lines = zero_lines


def read_order(value: bytes, currency: str) -> Order:
    """Decode and check one order; raises Refused with the reason when it can never be accepted."""
    refusal = complexity(value)
    if refusal is not None:
        raise Refused(refusal.code, refusal.reason)
    try:
        if not value.isascii():
            value.decode("utf-8")
        message = decode_order(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        refusal = explain(value)
        raise Refused(refusal.code, refusal.reason) from None
    if message.currency is not None and message.currency != currency:
        raise Refused(Code.CURRENCY, "currency: another one than this deployment's")
    return _exact(message)


def _exact(message: OrderMessage) -> Order:
    if not is_in_range(message.ordered_at):
        raise Refused(Code.BAD_TIME, f"ordered_at: must lie between the years 1970 and {MAX_YEAR}")
    if message.returns is not None and message.type == "order":
        raise Refused(Code.BAD_TYPE, "only a return may name the order it returns")
    amount, products, zero_lines = _sum_lines(message.lines)
    if amount > MAX_AMOUNT * MONEY_SCALE:
        raise Refused(Code.AMOUNT_RANGE, f"the order's total must be at most {MAX_AMOUNT}")
    return Order(
        order_id=message.order_id,
        customer_id=message.customer_id,
        ordered_at=instant_of(message.ordered_at),
        is_return=message.type == "return",
        returns=message.returns,
        revision=message.revision,
        amount=amount,
        products=tuple(products.items()),
        digest=xxh3_64_intdigest(_pack(message.lines)),
        zero_lines=zero_lines,
    )


_pack = msgspec.msgpack.Encoder().encode


def _sum_lines(lines: list[LineMessage]) -> tuple[int, dict[str, int], int]:
    """Return the money, the quantity of each product and how many lines had quantity 0."""
    amount, zero_lines = 0, 0
    products: dict[str, int] = {}
    for line in lines:
        quantity = line.quantity
        money = line.amount
        if money is None:
            money = line.unit_price
            if money is None:
                raise Refused(Code.MISSING, "lines: amount or unit_price")
            units = round(money * MONEY_SCALE)
            amount += units * quantity
        else:
            units = round(money * MONEY_SCALE)
            if quantity:
                amount += units
        if units / MONEY_SCALE != money:
            raise Refused(Code.AMOUNT_RANGE, "lines: money must have at most 4 decimals")
        if quantity:
            products[line.product_id] = products.get(line.product_id, 0) + quantity
        else:
            zero_lines += 1
    return amount, products, zero_lines
