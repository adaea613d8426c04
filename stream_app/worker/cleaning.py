"""Sees to it that Kafka cleans the changelog after an erasure.

A compacted partition keeps the old records of a key until its cleaner runs, and the cleaner never touches the segment
that is being written. A segment ends with the first record that comes late enough: without one, what was erased would
stay as long as nobody buys anything. So the worker writes meta records until two cleanings are behind it: one removes
the states, the next one their tombstones, whose keys are the customers' ids.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from stream_app.settings import Settings
from stream_app.worker.lane import Lane

SLACK_MS = 120_000
"""The cleaner rests 15 s between two looks, and files are deleted a minute after they were replaced."""
MOST_MS = 2_592_000_000
"""Without a max.compaction.lag.ms the cleaner may wait for ever; the worker writes for no longer than thirty days."""
CALL_SECONDS = 5.0

log = structlog.get_logger("segstream.cleaning")


class Cleaning(NamedTuple):
    """The settings of the state topic on which it depends, in milliseconds."""

    roll: int
    """A record that comes so long after a segment's first begins the next segment."""
    lag: int
    """A segment that is older is cleaned, however little of it is out of date."""
    tombstones: int
    """So long tombstones stay after the first cleaning."""

    @property
    def span(self) -> int:
        """How long after an erasure its last trace may be there."""
        return min(MOST_MS, 2 * self.lag + self.tombstones + 3 * self.roll + SLACK_MS)

    def tend(self, lane: Lane) -> None:
        """Let the partition be written to, if its last erasure needs it and nothing else was written for a while."""
        if not lane.unclean_since:
            return
        if time.time() * 1_000 - lane.unclean_since > self.span:
            lane.unclean_since = 0
            lane.must_write = True
        elif (time.monotonic() - lane.written_at) * 1_000 > self.roll:
            lane.must_write = True


def cleaning_of(config: Mapping[str, str]) -> Cleaning:
    """Return what a topic's settings lead to.

    >>> cleaning_of({"segment.ms": "86400000", "max.compaction.lag.ms": "3600000", "delete.retention.ms": "1000"}).roll
    3600000
    """
    lag = min(MOST_MS, int(config["max.compaction.lag.ms"]))
    return Cleaning(min(int(config["segment.ms"]), lag), lag, int(config["delete.retention.ms"]))


def find_cleaning(settings: Settings, admin: AdminClient) -> Cleaning:
    """Return what the state topic's settings lead to; as `topics create` makes them where this client may not look."""
    topics = settings.topics
    config = next(topic.config for topic in topics.definitions() if topic.name == topics.state)
    resource = ConfigResource(ResourceType.TOPIC, topics.state)
    try:
        found = admin.describe_configs([resource], request_timeout=CALL_SECONDS)[resource].result(CALL_SECONDS * 2)
    except KafkaException as error:
        log.info("settings of the state topic are not shown", cause=error.args[0].name())
        return cleaning_of(config)
    return cleaning_of({name: found[name].value for name in config})
