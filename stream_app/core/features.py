"""The four numbers a customer is scored on."""

from __future__ import annotations

from stream_app.contract.order import MONEY_SCALE


class Features:
    """A customer at an instant; a value, never changed."""

    __slots__ = ("_json", "frequency", "monetary", "recency_days", "unique_products")

    def __init__(self, recency_days: int, frequency: int, monetary: int, unique_products: int) -> None:
        self.recency_days = recency_days
        self.frequency = frequency
        self.monetary = monetary
        """Net, in ten-thousandths of the currency unit, never below 0."""
        self.unique_products = unique_products
        self._json = ""

    def json(self) -> str:
        """Return them as subscribers read them, with money in currency units; written once, read at two moves."""
        if not self._json:
            money = repr(self.monetary / MONEY_SCALE)
            self._json = (
                f'{{"recency_days":{self.recency_days},"frequency":{self.frequency},'
                f'"monetary":{money},"unique_products":{self.unique_products}}}'
            )
        return self._json

    def numbers(self) -> tuple[int, int, int, int]:
        """Return the four in the model's order."""
        return self.recency_days, self.frequency, self.monetary, self.unique_products

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Features) and self.numbers() == other.numbers()

    def __hash__(self) -> int:
        return hash(self.numbers())

    def __repr__(self) -> str:
        return f"Features{self.numbers()}"
