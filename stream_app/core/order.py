"""From a record's value to an Order in exact integers, or to the reason why it can never be one."""

from __future__ import annotations

import msgspec
from xxhash import xxh3_64_intdigest

from stream_app.contract.complexity import complexity
from stream_app.contract.dead_letter import Code, Refused
from stream_app.contract.explain import explain
from stream_app.contract.order import MAX_AMOUNT, MAX_YEAR, MONEY_SCALE
from stream_app.contract.wire import LineMessage, OrderMessage, decode_order
from stream_app.core.entry import Entry
from stream_app.core.instants import instant_of, is_in_years


class Order:
    """One purchase or return, and whose it is."""

    __slots__ = ("customer_id", "entry", "zero_lines")

    def __init__(self, customer_id: str, entry: Entry, zero_lines: int) -> None:
        self.customer_id = customer_id
        self.entry = entry
        self.zero_lines = zero_lines
        """How many lines had quantity 0: they count for nothing."""


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
    ordered_at = instant_of(message.ordered_at)
    if not is_in_years(ordered_at):
        raise Refused(Code.BAD_TIME, f"ordered_at: must lie between the years 1970 and {MAX_YEAR}")
    if message.returns is not None and message.type == "order":
        raise Refused(Code.BAD_TYPE, "only a return may name the order it returns")
    amount, products, zero_lines = _sum_lines(message.lines)
    if amount > MAX_AMOUNT * MONEY_SCALE:
        raise Refused(Code.AMOUNT_RANGE, f"the order's total must be at most {MAX_AMOUNT}")
    entry = Entry(
        message.order_id,
        message.revision,
        ordered_at,
        message.type == "return",
        message.returns,
        amount,
        xxh3_64_intdigest(_pack(message.lines)),
        tuple(products.items()),
    )
    return Order(message.customer_id, entry, zero_lines)


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
