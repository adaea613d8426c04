"""Changes and states in plain words, for the terminal."""

from __future__ import annotations

from stream_app.contract.cause_words import BECAUSE
from stream_app.contract.segment_change import ChangeMessage


def describe_change(change: ChangeMessage, order_id: str | None = None) -> str:
    """Return one change as a sentence.

    >>> from stream_app.contract.segment_change import ChangeMessage
    >>> describe_change(ChangeMessage("e", "1042", 2, {"id": "s3", "name": "Promising"}, {"id": "s2", "name": "Loyal"},
    ...     "order", "2025-01-01T00:00:00Z", {}, "m", 0.1, None, None, False), "O7")
    '1042: Promising → Loyal, because of order O7'
    """
    came_from = change.from_["name"] if change.from_ else ("lapsed" if change.sequence > 1 else "first seen")
    to = change.to["name"] if change.to else "lapsed"
    because = BECAUSE[change.cause]
    if order_id is not None and change.cause in ("order", "return"):
        because = f"because of {change.cause} {order_id}"
    elif change.replay:
        because = "from history"
    return f"{change.customer_id}: {came_from} → {to}, {because}"
