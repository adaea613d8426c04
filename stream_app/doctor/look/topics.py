"""Looks at the deployment's topics, and at where each partition of the orders begins and ends."""

from __future__ import annotations

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from stream_app.doctor.facts import Bounds, TopicFacts
from stream_app.doctor.look.kafka import CALL_SECONDS
from stream_app.settings import Settings
from stream_app.topics import see_topics


def look_at_topics(admin: AdminClient, settings: Settings, brokers: int) -> TopicFacts:
    """Return the topics that exist; raises OutageError when the brokers stop answering."""
    return TopicFacts(see_topics(admin, settings), brokers, settings.kafka_bootstrap_servers)


def bounds(admin: AdminClient, topic: str, partitions: int) -> Bounds:
    """Return where each partition begins and ends; raises KafkaException when one has no leader."""
    places = [TopicPartition(topic, partition) for partition in range(partitions)]
    found = []
    for spec in (OffsetSpec.earliest(), OffsetSpec.latest()):  # type: ignore[no-untyped-call]
        futures = admin.list_offsets(dict.fromkeys(places, spec), request_timeout=CALL_SECONDS)
        found.append(tuple(futures[place].result(CALL_SECONDS).offset for place in places))
    return Bounds(*found)
