"""An order as a shop publishes it to `orders.v1`: the readable contract, strict about types and ranges."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

MAX_AMOUNT = 1_000_000_000
"""Largest price, line amount and order total, in currency units: keeps every sum a 64-bit integer."""

MONEY_SCALE = 10_000
"""Money is counted in ten-thousandths of the currency unit."""

MAX_YEAR = 9998
"""A window of one year after it still has a four-digit year."""


_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(MAX_YEAR + 1, 1, 1, tzinfo=UTC)


def is_in_range(moment: datetime) -> bool:
    """Tell whether an aware moment lies, in UTC, between the years 1970 and MAX_YEAR."""
    return _FIRST <= moment < _END


def ten_thousandths(amount: float) -> int | None:
    """Return the amount as an exact integer, None when it has more than 4 decimals.

    Dividing back is correctly rounded, so it gives the same float exactly when the float is the
    nearest one to a number with 4 decimals.

    >>> ten_thousandths(2.55), ten_thousandths(0.00001)
    (25500, None)
    """
    units = round(amount * MONEY_SCALE)
    return units if units / MONEY_SCALE == amount else None


def _money(amount: float | None) -> float | None:
    if amount is not None and not 0 <= amount <= MAX_AMOUNT:
        raise PydanticCustomError("AMOUNT_RANGE", "must be between 0 and {limit}", {"limit": MAX_AMOUNT})
    return amount


def _quantity(quantity: int) -> int:
    if quantity < 0:
        raise PydanticCustomError("BAD_TYPE", "must be a whole number, 0 or more")
    if quantity > MAX_AMOUNT:
        raise PydanticCustomError("AMOUNT_RANGE", "must be at most {limit}", {"limit": MAX_AMOUNT})
    return quantity


def _revision(revision: int) -> int:
    if not 0 <= revision <= MAX_AMOUNT:
        raise PydanticCustomError("BAD_TYPE", "must be a whole number from 0 to {limit}", {"limit": MAX_AMOUNT})
    return revision


def _instant(text: str) -> str:
    try:
        moment = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise PydanticCustomError("BAD_TIME", "must be an RFC 3339 date-time") from None
    if moment.tzinfo is None:
        raise PydanticCustomError("BAD_TIME", "must carry a time zone")
    if not is_in_range(moment):
        raise PydanticCustomError("BAD_TIME", "must lie between the years 1970 and {last}", {"last": MAX_YEAR})
    return text


Id = Annotated[str, Field(min_length=1, max_length=4096)]
Money = Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, AfterValidator(_money)]


class Line(BaseModel):
    """One product in an order, as the shop recorded it."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    product_id: Annotated[Id, Field(description="As the shop names it.")]
    quantity: Annotated[
        int,
        AfterValidator(_quantity),
        Field(description="Whole number, 0 or more; a line with 0 is ignored.", json_schema_extra={"minimum": 0}),
    ]
    unit_price: Annotated[Money, Field(description="Price of one piece, at most 4 decimals.")] = None
    amount: Annotated[
        Money,
        Field(description="The line's total after discounts, at most 4 decimals; wins over unit_price."),
    ] = None

    @model_validator(mode="after")
    def _has_exact_money(self) -> Line:
        money = self.unit_price if self.amount is None else self.amount
        if money is None:
            raise PydanticCustomError("MISSING", "amount or unit_price")
        if ten_thousandths(money) is None:
            raise PydanticCustomError("AMOUNT_RANGE", "must have at most 4 decimals")
        return self

    def total(self) -> int:
        """Return the line's money in ten-thousandths of the currency unit."""
        if self.amount is not None:
            return round(self.amount * MONEY_SCALE)
        return round((self.unit_price or 0.0) * MONEY_SCALE) * self.quantity


class Order(BaseModel):
    """A purchase or a return; one with a higher `revision` replaces it, one without lines cancels it."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    order_id: Annotated[Id, Field(description="Unique per customer.")]
    customer_id: Annotated[Id, Field(description="The record's key.")]
    ordered_at: Annotated[
        str,
        AfterValidator(_instant),
        Field(description="RFC 3339 with time zone.", json_schema_extra={"format": "date-time"}),
    ]
    lines: Annotated[list[Line], Field(max_length=5000, description="At most 5,000; none cancels the order.")]
    type: Annotated[Literal["order", "return"], Field(description="A purchase, or goods that came back.")] = "order"
    returns: Annotated[Id | None, Field(description="The order that a return reverses.")] = None
    revision: Annotated[
        int,
        AfterValidator(_revision),
        Field(description="The highest one wins, in any order of arrival.", json_schema_extra={"minimum": 0}),
    ] = 0
    currency: Annotated[str | None, Field(description="If given, the deployment's own.")] = None

    @model_validator(mode="after")
    def _is_consistent(self) -> Order:
        if self.returns is not None and self.type == "order":
            raise PydanticCustomError("BAD_TYPE", "only a return may name the order it returns")
        if sum(line.total() for line in self.lines if line.quantity) > MAX_AMOUNT * MONEY_SCALE:
            raise PydanticCustomError(
                "AMOUNT_RANGE", "the order's total must be at most {limit}", {"limit": MAX_AMOUNT}
            )
        return self

    def total(self) -> Decimal:
        """Return the order's money in currency units."""
        return Decimal(sum(line.total() for line in self.lines if line.quantity)) / MONEY_SCALE
