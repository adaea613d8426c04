"""Whose orders lie in a stretch of a partition."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing

from stream_app.settings import Settings
from stream_app.topic_log import read_between


def touched(settings: Settings, partition: int, start: int, end: int, customers: Collection[bytes]) -> set[bytes]:
    """Return those of the customers who have records at `start` or later and before `end`."""
    found: set[bytes] = set()
    bounds = {partition: (start, end)}
    with closing(read_between(settings, settings.topics.orders, "diff", bounds, waits_for_open=True)) as steps:
        for step in steps:
            found.update(record.key() for record in step.records if record.key() in customers)
            if len(found) == len(customers):
                break
    return found
