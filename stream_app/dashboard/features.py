"""The four features in words: their names, their units, and one value of each."""

from __future__ import annotations

from dataclasses import dataclass

from stream_app.dashboard.figures import counted, money


@dataclass(frozen=True)
class Feature:
    """One of the four numbers a customer is scored on."""

    key: str
    name: str
    unit: str
    """For the axis of a chart; {currency} stands for the deployment's."""
    help: str


FEATURES = (
    Feature("recency_days", "Recency", "days since the last purchase", "Whole days since the last purchase."),
    Feature(
        "frequency", "Frequency", "purchases in the window", "Purchases in the window, fully returned ones left out."
    ),
    Feature("monetary", "Monetary", "net amount in {currency}", "What they spent in the window, returns taken off."),
    Feature("unique_products", "Unique products", "different products", "Different products bought and kept."),
)

BY_KEY = {feature.key: feature for feature in FEATURES} | {"recency": FEATURES[0]}


def said(key: str, value: float, currency: str) -> str:
    """Return a feature's value with its unit.

    >>> said("recency_days", 1, "EUR"), said("monetary", 1200.5, "EUR"), said("unique_products", 10, "EUR")
    ('1 day', '1,200.50 EUR', '10 products')
    """
    if key == "monetary":
        return money(value, currency)
    noun = {"recency_days": "day", "recency": "day", "frequency": "purchase"}.get(key, "product")
    return counted(value, noun)
