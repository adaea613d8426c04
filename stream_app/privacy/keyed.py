"""The records of a topic whose key is one customer's id, up to where the topic ended when the reading began."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from stream_app.settings import Settings
from stream_app.topic_log import find_bounds, read_between

ROLE = "export"


def records_of(
    settings: Settings, topic: str, customer_id: str, partition: int | None, say: Callable[[str], None]
) -> Iterator[Any]:
    """Yield a customer's committed records; from every partition when it is not known which one is theirs."""
    bounds = find_bounds(settings, topic, ROLE, None if partition is None else [partition])
    total = sum(end - start for start, end in bounds.values())
    key = customer_id.encode()
    for step in read_between(settings, topic, ROLE, bounds):
        yield from (record for record in step.records if record.key() == key)
        say(f"{topic}: {step.passed:,} of {total:,}")
