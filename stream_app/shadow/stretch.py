"""Which part of the orders topic a replay reads: what a person wrote, and the offsets that it means now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from confluent_kafka import Consumer, TopicPartition

from stream_app.core.errors import UsageError
from stream_app.core.instants import parse_instant
from stream_app.settings import Settings
from stream_app.topic_log import bounds_of
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import kafka_refusals

SEEK_SECONDS = 10.0
_OFFSETS = re.compile(r"\d{1,9}:\d{1,18}(,\d{1,9}:\d{1,18})*")


@dataclass(frozen=True)
class Edge:
    """One end of the stretch: an instant of the broker's, offsets by partition, or, with neither, the log's own."""

    since_ms: int | None = None
    offsets: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Stretch:
    """The first offset of each partition, and the one behind the last."""

    starts: list[int]
    ends: list[int]


def edge_from(text: str | None, word: str) -> Edge | None:
    """Return the edge that a person wrote, None for the word that means the log's own; raises UsageError."""
    if text is None or text.lower() == word:
        return None
    if _OFFSETS.fullmatch(text):
        pairs = [part.split(":") for part in text.split(",")]
        return Edge(offsets={int(partition): int(offset) for partition, offset in pairs})
    instant = parse_instant(text)
    if instant is None:
        raise UsageError(
            f"{text} is neither {word}, nor an RFC 3339 instant with a zone, nor offsets.",
            "Write it like 2026-01-31T00:00:00Z, or partition:offset,partition:offset.",
        )
    return Edge(instant // 1_000)


def stretch_of(settings: Settings, first: Edge | None, last: Edge | None) -> Stretch:
    """Return the offsets that two edges mean now; raises UsageError when nothing lies between them."""
    topic = settings.topics.orders
    consumer = Consumer(log_reader(settings, "replay", is_committed=False))
    try:
        bounds = bounds_of(consumer, settings, topic).values()
        lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
        with kafka_refusals(settings):
            starts = _resolved(consumer, topic, first, lows, highs)
            ends = _resolved(consumer, topic, last, highs, highs)
    finally:
        consumer.close()
    starts = [min(max(start, low), high) for start, low, high in zip(starts, lows, highs, strict=True)]
    ends = [min(max(end, start), high) for end, start, high in zip(ends, starts, highs, strict=True)]
    return Stretch(starts, ends)


def _resolved(consumer: Consumer, topic: str, edge: Edge | None, own: list[int], highs: list[int]) -> list[int]:
    if edge is None:
        return own
    if edge.since_ms is None:
        wrong = sorted(partition for partition in edge.offsets if partition >= len(own))
        if wrong:
            raise UsageError(f"{topic} has no partition {wrong[0]}.", f"It has 0 to {len(own) - 1}.")
        return [edge.offsets.get(partition, offset) for partition, offset in enumerate(own)]
    asked = [TopicPartition(topic, partition, edge.since_ms) for partition in range(len(own))]
    found = consumer.offsets_for_times(asked, SEEK_SECONDS)
    # Behind the last record there is no offset for an instant.
    return [place.offset if place.offset >= 0 else highs[place.partition] for place in found]
