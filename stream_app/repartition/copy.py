"""Copies the orders topic into one with another partition count: each record once, each customer's in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from msgspec import Struct

from stream_app.core.errors import SegstreamError
from stream_app.repartition.merge import read_by_time
from stream_app.repartition.target import Target
from stream_app.repartition.writer import Writer
from stream_app.topic_log import Bounds, find_bounds, read_between

ROLE = "repartition"
SLICE = 2_000
"""So many records make a transaction."""


class Copied(Struct):
    """How far a copy is."""

    records: int
    """Taken from the old topic by this run."""
    reached: int
    """Offsets of the old topic that are behind the copy."""
    total: int
    """Those it had when this run began."""
    seconds: float


Show = Callable[[Copied], None]


class Copy:
    """One run; what an earlier one has copied is passed over, wherever that one was killed."""

    writer_class: type[Writer] = Writer

    def __init__(self, target: Target, *, is_shortened_allowed: bool = False) -> None:
        self._target = target
        self._topic, self._new_topic = target.old.topics.orders, target.new.topics.orders
        self.writer = self.writer_class(target.new)
        self._began = time.monotonic()
        self._bounds = find_bounds(target.old, self._topic, ROLE)
        self._places = self._begin(is_shortened_allowed=is_shortened_allowed)
        self._records = 0

    def run(self, show: Show = lambda _: None) -> Copied:
        """Copy up to where the old topic ended when the run began."""
        ends = {partition: end for partition, (_, end) in self._bounds.items()}
        bounds: Bounds = {p: (self._places[p], max(end, self._places[p])) for p, end in ends.items()}
        records = read_by_time(self._target.old, self._topic, bounds)
        while slice_ := list(islice(records, SLICE)):
            self._write(slice_, {record.partition(): record.offset() + 1 for record in slice_})
            self._records += len(slice_)
            show(self.copied())
        # Markers of transactions may lie behind the last record; and of a partition without records, too, it is known
        # afterwards that it was looked at.
        self._write([], {p: max(end, self._places[p]) for p, end in ends.items()})
        return self.copied()

    def copied(self) -> Copied:
        """Return how far the copy is."""
        lows = {partition: low for partition, (low, _) in self._bounds.items()}
        reached = sum(place - lows[partition] for partition, place in self._places.items())
        total = sum(end - low for low, end in self._bounds.values())
        return Copied(self._records, reached, total, time.monotonic() - self._began)

    def _begin(self, *, is_shortened_allowed: bool) -> dict[int, int]:
        """Return where each partition goes on; raises SegstreamError when the copy would not be the whole topic."""
        places = self.writer.reached(self._topic, self._target.routing.old)
        if not places and has_records(self._target):
            raise _mixed(self._new_topic)
        for partition, (low, _) in self._bounds.items():
            lost = low > places.get(partition, 0)
            if lost and (partition in places or not is_shortened_allowed):
                raise SegstreamError(
                    f"Partition {partition} of {self._topic} begins at offset {low}: what lay before was removed.",
                    "If none of it counts any more, because it lies out of the window, say --shortened.",
                    code="REPARTITION_SHORTENED",
                )
        return {partition: places.get(partition, low) for partition, (low, _) in self._bounds.items()}

    def _write(self, records: list[Any], places: dict[int, int]) -> None:
        with self.writer.transaction({(self._topic, partition): place for partition, place in places.items()}):
            for record in records:
                for there in self._target.routing.places(record, record.partition()):
                    self.writer.put(
                        self._new_topic, there, record.key(), record.value(), record.headers(), record.timestamp()[1]
                    )
        self._places |= places


def has_records(target: Target) -> bool:
    """Tell whether the new orders topic holds any committed record."""
    topic = target.new.topics.orders
    return any(step.records for step in _steps(target, topic))


def _steps(target: Target, topic: str) -> Iterator[Any]:
    yield from read_between(target.new, topic, ROLE, find_bounds(target.new, topic, ROLE))


def _mixed(topic: str) -> SegstreamError:
    return SegstreamError(
        f"{topic} holds records, and no copy knows of them.",
        "Take another prefix; or delete the topics of this one if nobody uses them.",
        code="REPARTITION_MIXED",
    )
