"""How a demo must end, counted anew from its topics: who moved after the last order, and how large each segment is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from stream_app.contract.segment_change import ChangeMessage, decode_change
from stream_app.core.inbound import TICK_HEADER
from stream_app.core.instants import parse_instant
from stream_app.demo.parts import PARTITIONS
from stream_app.settings import Settings
from tests.integration.reading import Record, read_all


@dataclass(frozen=True)
class DemoEnd:
    """What the topics say about the time without orders."""

    days: float
    households: int
    """In any segment at the last order."""
    moved: int
    causes: set[str]
    sizes: dict[str, int]
    """By segment name, in the end."""


def demo_end(settings: Settings, steps: int) -> DemoEnd:
    """Count it from a demo whose time without orders had so many steps."""
    topics = settings.topics
    found = read_all(settings, [topics.orders, topics.changes], PARTITIONS)
    ticks = [_ticks(records) for records in found[topics.orders]]
    assert all(one == ticks[0] for one in ticks), "every partition gets the same ticks"
    # The first one ends the history, the second one the orders.
    last_order, end = ticks[0][1], ticks[0][1 + steps]
    changes = [decode_change(value) for records in found[topics.changes] for _, _, value, _ in records if value]
    until = [change for change in changes if _instant(change) <= last_order]
    after = [change for change in changes if last_order < _instant(change) <= end]
    return DemoEnd(
        (end - last_order) / 86_400_000_000, _sizes(until).total(), len({change.customer_id for change in after}),
        {change.cause for change in after}, dict(_sizes([*until, *after])),
    )  # fmt: skip


def _ticks(records: list[Record]) -> list[int]:
    headers = [dict(headers).get(TICK_HEADER) for _, _, _, headers in records]
    return [parse_instant(tick.decode()) or 0 for tick in headers if tick is not None]


def _instant(change: ChangeMessage) -> int:
    return parse_instant(change.as_of) or 0


def _sizes(changes: list[ChangeMessage]) -> Counter[str]:
    """Return how many customers stand in each segment after these changes."""
    stand = {change.customer_id: change for change in sorted(changes, key=lambda change: change.sequence)}
    return Counter(change.to["name"] for change in stand.values() if change.to)
