"""Removes a namespace with all that is its own."""

from __future__ import annotations

from typing import Any

import redis
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from stream_app.core.errors import SegstreamError
from stream_app.lookup import Lookup, redis_away
from stream_app.settings import Settings
from stream_app.shadow.fitness import refuse_needed
from stream_app.worker.kafka_config import connection
from stream_app.worker.kafka_refusals import CALL_SECONDS, kafka_refusals
from stream_app.worker.store import connect

SLICE = 1_000
_GONE = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.GROUP_ID_NOT_FOUND}


def names_of(shadow: Settings) -> list[str]:
    """Return what would be removed, in words; the settings must be a namespace's."""
    return [
        *(f"topic {name}" for name in _topics(shadow)),
        f"group {shadow.kafka_group_id}",
        f"Redis keys {shadow.redis_prefix}*",
    ]


def remove(live: Settings, shadow: Settings) -> int:
    """Remove topics, group and keys, and return how many keys there were; what is gone already is passed over.

    Raises SegstreamError while somebody needs them.
    """
    refuse_needed(live, shadow, Lookup(live))
    admin = AdminClient(connection(shadow, "admin"))
    with kafka_refusals(shadow):
        members = admin.describe_consumer_groups([shadow.kafka_group_id], request_timeout=CALL_SECONDS)
        if members[shadow.kafka_group_id].result(CALL_SECONDS).members:
            raise SegstreamError(
                f"A process still works in {shadow.namespace}.", "End it first.", code="REPLAY_RUNNING"
            )
        for future in admin.delete_topics(_topics(shadow), request_timeout=CALL_SECONDS).values():
            _settle(future)
        for future in admin.delete_consumer_groups([shadow.kafka_group_id], request_timeout=CALL_SECONDS).values():
            _settle(future)
    return _remove_keys(shadow)


def _topics(shadow: Settings) -> list[str]:
    assert shadow.namespace
    return [topic.name for topic in shadow.topics.definitions() if topic.name != shadow.topics.orders]


def _settle(future: Any) -> None:
    try:
        future.result(CALL_SECONDS)
    except KafkaException as error:
        if error.args[0].code() not in _GONE:
            raise


def _remove_keys(shadow: Settings) -> int:
    removed = 0
    client = connect(shadow)
    # A prefix may hold what a pattern would take for signs.
    pattern = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in shadow.redis_prefix) + "*"
    try:
        keys: list[bytes] = []
        for key in client.scan_iter(pattern, SLICE):
            keys.append(key)
            if len(keys) == SLICE:
                removed += int(client.unlink(*keys))
                keys = []
        return removed + (int(client.unlink(*keys)) if keys else 0)
    except redis.RedisError as error:
        raise redis_away(shadow, error) from error
    finally:
        client.close()
