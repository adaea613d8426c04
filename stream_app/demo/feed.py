"""A change as the demo's feed shows it: who, from where, to where, and in plain words why."""

from __future__ import annotations

from stream_app.contract.segment_change import ChangeMessage
from stream_app.demo.drawing.snapshot import Move
from stream_app.words import describe_change

BY_TIME = ("aging", "expiry")
"""The causes that need no order."""


def move_of(change: ChangeMessage, order_id: str | None = None) -> Move:
    """Return a change as a move, with the order that caused it if somebody knows which one it was."""
    sentence = describe_change(change, order_id)
    came_from, _, rest = sentence.removeprefix(f"{change.customer_id}: ").partition(" → ")
    to, _, because = rest.partition(", ")
    return Move(
        change.customer_id, came_from, to, _of_time(change) or because,
        change.from_["id"] if change.from_ else None, change.to["id"] if change.to else None,
        is_by_time=change.cause in BY_TIME and not change.replay,
    )  # fmt: skip


def _of_time(change: ChangeMessage) -> str | None:
    """Say what time did to the household, None when it was not time."""
    if change.replay or change.cause not in BY_TIME:
        return None
    after = change.features["after"]
    if after is None:
        return "has not bought for a year"
    if change.cause == "expiry":
        return "loses an order of a year ago"
    return f"has not bought for {after['recency_days']:,} days"
