"""What moved a customer, in words: one table for the terminal, the API and the dashboard."""

from __future__ import annotations

from types import MappingProxyType

BECAUSE = MappingProxyType(
    {
        "order": "because of an order",
        "return": "because of a return",
        "correction": "because an order was corrected",
        "aging": "because time passed",
        "expiry": "because an order left the window",
        "model": "because of a new model",
        "erasure": "because the person was erased",
    }
)
"""The end of a sentence."""

SHORT = MappingProxyType(
    {
        "order": "Order",
        "return": "Return",
        "correction": "Corrected order",
        "aging": "Time passed",
        "expiry": "Order left the window",
        "model": "New model",
        "erasure": "Erasure",
    }
)
"""A label."""
