"""How a shop's file names its columns, and what the values in them mean."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from stream_app.core.errors import UsageError
from stream_app.history.writing import Dates, DecimalMark


@dataclass(frozen=True)
class Format:
    """The columns of one kind of file, each with the names it is known by, and what money means."""

    name: str
    order_id: tuple[str, ...]
    customer_id: tuple[str, ...]
    product_id: tuple[str, ...]
    quantity: tuple[str, ...]
    """Empty: a line is one piece."""
    money: tuple[str, ...]
    ordered_at: tuple[str, ...]
    type: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    is_unit_price: bool = False
    """True: money is the price of one piece; False: the line's total after discounts."""
    return_prefix: str = ""
    """An order whose id begins so is an unlinked return."""
    return_types: tuple[str, ...] = ()
    """Values of `type` that mean a return; empty: the usual words, and any other word is refused."""
    is_signed: bool = False
    """True: a line below zero is a return. False: one whose sign does not fit its order is left out."""
    dates: Dates | None = None
    """What holds when the dates themselves leave it open; None: they have to say it."""
    decimal: DecimalMark | None = None
    """Likewise, for the decimal mark."""

    @property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """Return the known names of each column that is read."""
        known = {
            "order_id": self.order_id,
            "customer_id": self.customer_id,
            "product_id": self.product_id,
            "quantity": self.quantity,
            "money": self.money,
            "ordered_at": self.ordered_at,
            "type": self.type,
            "currency": self.currency,
        }
        return {column: names for column, names in known.items() if names}

    def is_in(self, present: list[str]) -> bool:
        """Tell whether a file with these columns has all that are read."""
        return all(_places(names, present) for names in self.columns.values())

    @property
    def said_by(self) -> str:
        """Return the flag that chose this format."""
        return f"--format {self.name}" if self.name in FORMATS else "--columns"

    def called(self, column: str) -> str:
        """Return what a person calls a column: money is either `unit_price` or `amount`."""
        if column != "money":
            return column
        return "unit_price" if self.is_unit_price else "amount"


COMPLETEJOURNEY = Format(
    name="completejourney",
    order_id=("basket_id",),
    customer_id=("household_id",),
    product_id=("product_id",),
    quantity=("quantity",),
    money=("sales_value",),
    ordered_at=("transaction_timestamp",),
    decimal="point",
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
    dates="mdy",
    decimal="point",
)

FORMATS = {known.name: known for known in (COMPLETEJOURNEY, ONLINE_RETAIL)}


def find_format(name: str) -> Format:
    """Return the format of this name."""
    if name not in FORMATS:
        raise UsageError(
            f"{name!r} is not a format.",
            f"Use one of: {', '.join(sorted(FORMATS))}; or name the file's columns with --columns.",
        )
    return FORMATS[name]


def recognise(present: list[str]) -> Format | None:
    """Return the known format all of whose columns are there, None when there is no such one."""
    for known in FORMATS.values():
        if known.is_in(present):
            return known
    return None


def choose_columns(wanted: Format, present: list[str]) -> dict[str, int]:
    """Return the place of each column in the file, whatever its capitals; the first known name wins."""
    names = [known[0] for known in wanted.columns.values() if not _places(known, present)]
    if names:
        close = [f"{name} ({found[0]}?)" if (found := get_close_matches(name, present, 1)) else name for name in names]
        raise UsageError(
            f"the file has no column {', '.join(close)}, which {wanted.said_by} names.", f"It has {', '.join(present)}."
        )
    places = {column: _places(names, present) for column, names in wanted.columns.items()}
    twice = [present[found[0]] for found in places.values() if len(found) > 1]
    if twice:
        raise UsageError(
            f"the file has more than one column {', '.join(twice)}.", "Rename all but one of them in the file."
        )
    return {column: found[0] for column, found in places.items()}


def _places(names: tuple[str, ...], present: list[str]) -> list[int]:
    """Return where the first known name stands: exactly so, or else in other capitals."""
    for name in names:
        exact = [place for place, other in enumerate(present) if other == name]
        alike = [place for place, other in enumerate(present) if other.strip().casefold() == name.strip().casefold()]
        if exact or alike:
            return exact or alike
    return []
