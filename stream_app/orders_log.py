"""The orders topic from its beginning to where it ended when the reading began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stream_app.settings import Settings
from stream_app.topic_log import find_bounds, read_between

ROLE = "trainer"

Batch = tuple[int, list[Any]]
"""A partition, and records of it in their order."""


class OrdersLog:
    """A reader that may begin again: every reading gives the same stretch of the log."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = settings.topics.orders
        self._bounds = find_bounds(settings, self._topic, ROLE)

    @property
    def partitions(self) -> int:
        """How many partitions the topic has."""
        return len(self._bounds)

    def read(self, progress: Callable[[str], None]) -> Iterator[Batch]:
        """Yield every committed record, each partition's in order."""
        total = sum(end - start for start, end in self._bounds.values())
        for step in read_between(self._settings, self._topic, ROLE, self._bounds):
            yield from _by_partition(step.records)
            progress(f"Reading {self._topic}: {step.passed:,} of {total:,} records")


def _by_partition(records: list[Any]) -> Iterator[Batch]:
    found: dict[int, list[Any]] = {}
    for record in records:
        found.setdefault(record.partition(), []).append(record)
    yield from found.items()
