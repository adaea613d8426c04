"""Whether a Kafka has a deployment's topics before that deployment was made: then another one is there."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from stream_app.core.errors import SegstreamError
from stream_app.doctor.look.conversation import talk
from stream_app.doctor.look.kafka import addresses
from stream_app.doctor.look.reach import knock_all
from stream_app.settings import load_settings
from stream_app.starter.plan import Plan


class Unseen(Enum):
    """Why nobody can say what is there."""

    NOBODY = "nobody listens"
    SHUT = "it does not let us look"


Seen = frozenset[str] | Unseen


def look_for_neighbours(plan: Plan) -> Seen:
    """Return which of the planned deployment's topics its Kafka has already, within seconds."""
    values = plan.values()
    try:
        settings = load_settings(
            kafka_bootstrap_servers=values["KAFKA_BOOTSTRAP_SERVERS"], topic_prefix=values["TOPIC_PREFIX"]
        )
        if not any(server.is_open for server in knock_all(addresses(settings.kafka_bootstrap_servers))):
            return Unseen.NOBODY
        metadata = talk(settings).metadata
    except SegstreamError:
        return Unseen.SHUT
    if metadata is None:
        return Unseen.SHUT
    there = set(metadata.topics)
    return frozenset(topic.name for topic in settings.topics.definitions() if topic.name in there)


def neighbour_words(plan: Plan, seen: Seen) -> str:
    """Return what a person should know before they go on; empty where nothing is in the way."""
    servers = plan.values()["KAFKA_BOOTSTRAP_SERVERS"]
    if isinstance(seen, Unseen):
        if plan.has_own_kafka:
            return ""
        return (
            f"Note: {servers} did not say what it has. Should it have topics of these names already, a worker\n"
            "joins the deployment that they belong to."
        )
    if not seen:
        return ""
    if plan.has_own_kafka:
        return (
            f"Note: a Kafka with {_some(seen)} runs at {servers} already. While it does, the one of\n"
            "these files cannot have that address, and the commands below reach the one that runs."
        )
    return (
        f"Note: {servers} has {_some(seen)} already. A worker with these files joins the deployment that\n"
        "they belong to. For one of its own: --deployment with a name that nobody has, and --force."
    )


def _some(topics: Collection[str]) -> str:
    first, *others = sorted(topics)
    return f"{first} and {len(others)} more of our topics" if others else first
