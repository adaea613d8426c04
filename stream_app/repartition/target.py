"""The new set of topics: its names, its making, and what must be so before anything is copied into it."""

from __future__ import annotations

from typing import NamedTuple

from confluent_kafka.admin import AdminClient

from stream_app.contract.topics import MAX_RECORD_BYTES
from stream_app.core.errors import SegstreamError, UsageError
from stream_app.core.partitioner import Partitioner
from stream_app.repartition.routing import Routing
from stream_app.repartition.writer import ROOM_BYTES
from stream_app.settings import Settings
from stream_app.topics import create_topic, create_topics, see_topics, set_config
from stream_app.worker.kafka_config import connection

COPYING = {"message.timestamp.type": "CreateTime", "max.message.bytes": str(ROOM_BYTES)}
"""While records are copied each keeps its timestamp, by which it was judged, whatever the size of its batch."""
AT_WORK = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(MAX_RECORD_BYTES)}


class Target(NamedTuple):
    """From which topics to which."""

    old: Settings
    new: Settings
    routing: Routing


def target_of(old: Settings, prefix: str) -> Target:
    """Return what is copied where; the new topics must exist."""
    new = _new_settings(old, prefix)
    admin = AdminClient(connection(old, "admin"))
    mine, its = see_topics(admin, old).get(old.topics.orders), see_topics(admin, new).get(new.topics.orders)
    if mine is None or its is None:
        name = old.topics.orders if mine is None else new.topics.orders
        raise SegstreamError(
            f"Kafka has no topic {name}.",
            "Run: segstream topics repartition copy --partitions NUMBER --to PREFIX",
            code="TOPICS_MISSING",
        )
    return Target(old, new, Routing(mine.partitions, its.partitions, old.key_partitioner))


def create_target(old: Settings, prefix: str, partitions: int) -> Target:
    """Create the new topics, or find them with as many partitions; raises when a copy could lose something."""
    new = _new_settings(old, prefix)
    if partitions < 2:
        raise UsageError(
            "One partition has no room for what was refused as lying in a wrong one.", "Take 2 partitions or more."
        )
    seen = see_topics(AdminClient(connection(old, "admin")), old)
    orders, state = seen.get(old.topics.orders), seen.get(old.topics.state)
    replication = (state or orders).replication if orders is not None else 1
    (definition,) = (topic for topic in new.topics.definitions() if topic.name == new.topics.orders)
    # Made so from the beginning: a setting that is changed later reaches each broker in its own time.
    create_topic(new, definition, partitions, replication, COPYING)
    create_topics(new, partitions, replication)
    target = target_of(old, prefix)
    if target.routing.new != partitions:
        raise SegstreamError(
            f"{new.topics.orders} has {target.routing.new} partitions already.",
            "Leave --partitions out to go on with them, or take another prefix.",
            code="PARTITION_COUNT",
        )
    return target


def open_target(target: Target) -> None:
    """Give the new orders topic the settings of one that is at work."""
    set_config(target.new, target.new.topics.orders, AT_WORK)


def _new_settings(old: Settings, prefix: str) -> Settings:
    old.require_live()
    if prefix == old.topic_prefix:
        raise UsageError(
            f"The topics with the prefix {prefix!r} are those that are at work.", "Name another: --to p24."
        )
    if old.key_partitioner is Partitioner.ANY:
        raise UsageError(
            "SEGSTREAM_KEY_PARTITIONER is any: nobody knows where a shop would send a customer's next order.",
            "Let the shops use murmur2 or crc32, and set it.",
        )
    return old.model_copy(update={"topic_prefix": prefix})
