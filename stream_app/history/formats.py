"""How a shop's file names its columns, and how those columns become one typed line each."""

from __future__ import annotations

from dataclasses import dataclass

from stream_app.core.errors import UsageError


@dataclass(frozen=True)
class Format:
    """The columns of one kind of file, each with the names it is known by, and what money means."""

    name: str
    order_id: tuple[str, ...]
    customer_id: tuple[str, ...]
    product_id: tuple[str, ...]
    quantity: tuple[str, ...]
    money: tuple[str, ...]
    ordered_at: tuple[str, ...]
    is_unit_price: bool = False
    """True: money is the price of one piece; False: the line's total after discounts."""
    return_prefix: str = ""
    """An order whose id begins so is an unlinked return, its quantities below zero in the file."""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return the known names of each column that is read."""
        return {
            "order_id": self.order_id,
            "customer_id": self.customer_id,
            "product_id": self.product_id,
            "quantity": self.quantity,
            "money": self.money,
            "ordered_at": self.ordered_at,
        }


COMPLETEJOURNEY = Format(
    name="completejourney",
    order_id=("basket_id",),
    customer_id=("household_id",),
    product_id=("product_id",),
    quantity=("quantity",),
    money=("sales_value",),
    ordered_at=("transaction_timestamp",),
)

ONLINE_RETAIL = Format(
    name="online-retail",
    order_id=("InvoiceNo", "Invoice"),
    customer_id=("CustomerID", "Customer ID"),
    product_id=("StockCode",),
    quantity=("Quantity",),
    money=("UnitPrice", "Price"),
    ordered_at=("InvoiceDate",),
    is_unit_price=True,
    return_prefix="C",
)

FORMATS = {known.name: known for known in (COMPLETEJOURNEY, ONLINE_RETAIL)}


def find_format(name: str) -> Format:
    """Return the format of this name."""
    if name not in FORMATS:
        raise UsageError(f"{name!r} is not a format.", f"Use one of: {', '.join(sorted(FORMATS))}.")
    return FORMATS[name]


def choose_columns(wanted: Format, present: list[str]) -> dict[str, str]:
    """Return the file's own name of each column, whatever its capitals; the first known wins."""
    by_name = {name.casefold(): name for name in present}
    chosen = {
        column: by_name[known.casefold()]
        for column, names in wanted.columns.items()
        for known in reversed(names)
        if known.casefold() in by_name
    }
    missing = [names[0] for column, names in wanted.columns.items() if column not in chosen]
    if missing:
        raise UsageError(
            f"the file has no column {', '.join(missing)}, which format {wanted.name} needs.",
            f"It has {', '.join(present)}.",
        )
    return chosen
