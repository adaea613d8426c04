"""Looks at the workers: the consumer group, what Redis holds of each partition, and the page served on this machine."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import replace
from typing import Any, cast

import msgspec
import redis
from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from stream_app.core.state_layout import STATE_FORMAT
from stream_app.doctor.facts import Bounds, GroupFacts, Member, SeenPartition
from stream_app.doctor.look.kafka import CALL_SECONDS
from stream_app.settings import Settings
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.meta import decode_meta, formats_of
from stream_app.worker.store import connect

PAGE_SECONDS = 1.0
WATCH_SECONDS = 1.0
MARKERS = 1_000
"""With more records behind the offset there are orders among them."""
_FIELDS = ("meta", "claim", "customers", "applied_at")
_PASSING = {KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, KafkaError.COORDINATOR_NOT_AVAILABLE}
"""What a broker says until it has made up its mind which of them keeps the group."""


def look_at_group(admin: AdminClient, settings: Settings, orders: Bounds) -> GroupFacts:
    """Return the group as it is, and which partitions go on; raises KafkaException when the brokers do not say."""
    described = _patiently(
        lambda: admin.describe_consumer_groups([settings.kafka_group_id], request_timeout=CALL_SECONDS)
    )
    members = tuple(_member(member, settings.topics.orders) for member in described.members)
    committed = _committed(admin, settings, orders.partitions)
    group = GroupFacts(settings.kafka_group_id, members, described.state.name.lower(), orders, committed)
    return _watched(admin, settings, group)


def _watched(admin: AdminClient, settings: Settings, group: GroupFacts) -> GroupFacts:
    """Return the group with the partitions that went on within a second; nobody is watched when nothing waits."""
    lagging = [partition for partition in range(group.orders.partitions) if group.lag(partition)]
    if not lagging or not group.members:
        return group
    ended = {partition: group.orders.ends[partition] for partition in lagging if _is_at_end(settings, group, partition)}
    group = replace(group, committed={**group.committed, **ended})
    lagging = [partition for partition in lagging if partition not in ended]
    if not lagging:
        return group
    time.sleep(WATCH_SECONDS)
    later = _committed(admin, settings, group.orders.partitions)
    moved = {partition for partition in lagging if later.get(partition, -1) > group.committed.get(partition, -1)}
    return replace(group, moved=frozenset(moved))


def _is_at_end(settings: Settings, group: GroupFacts, partition: int) -> bool:
    """Tell whether nothing but markers of transactions follows the committed offset: no order waits there."""
    offset = group.committed.get(partition, group.orders.starts[partition])
    if group.lag(partition) > MARKERS:
        return False
    consumer = Consumer(log_reader(settings, "doctor", wait_ms=50))
    try:
        consumer.assign([TopicPartition(settings.topics.orders, partition, offset)])
        found = consumer.poll(CALL_SECONDS)
        error = None if found is None else found.error()
        return error is not None and error.code() == KafkaError._PARTITION_EOF
    finally:
        consumer.close()


def _member(member: Any, topic: str) -> Member:
    given = [place.partition for place in member.assignment.topic_partitions if place.topic == topic]
    return Member(member.host.lstrip("/"), tuple(sorted(given)))


def _committed(admin: AdminClient, settings: Settings, partitions: int) -> dict[int, int]:
    wanted = [TopicPartition(settings.topics.orders, partition) for partition in range(partitions)]
    group = ConsumerGroupTopicPartitions(settings.kafka_group_id, wanted)
    found = _patiently(lambda: admin.list_consumer_group_offsets([group], request_timeout=CALL_SECONDS))
    return {place.partition: place.offset for place in found.topic_partitions if place.offset >= 0}


def _patiently(ask: Any) -> Any:
    """Return the one future's result; asked again while the broker looks for the group's keeper."""
    deadline = time.monotonic() + CALL_SECONDS
    while True:
        try:
            (future,) = ask().values()
            return future.result(CALL_SECONDS + 1.0)
        except KafkaException as error:
            if error.args[0].code() not in _PASSING or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def look_at_partitions(settings: Settings, partitions: int) -> tuple[SeenPartition, ...] | None:
    """Return what Redis holds of each partition that a worker ever ran; None when Redis stops answering."""
    client = connect(settings, socket_timeout=CALL_SECONDS, retry=None)
    try:
        now = time.time()
        found = []
        for partition in range(partitions):
            key = f"{settings.redis_prefix}partition:{settings.topics.orders}:{partition}"
            held = dict(zip(_FIELDS, cast(list[bytes | None], client.hmget(key, _FIELDS)), strict=True))
            if held["claim"] or held["meta"]:
                found.append(_seen(client, settings, partition, held, now))
        return tuple(found)
    except redis.RedisError:
        return None
    finally:
        client.close()


def _seen(
    client: redis.Redis, settings: Settings, partition: int, held: dict[str, bytes | None], now: float
) -> SeenPartition:
    if not held["meta"]:
        return SeenPartition(partition, claim=True, customers=0, is_written=False)
    try:
        meta = decode_meta(held["meta"])
    except msgspec.MsgspecError:
        return SeenPartition(partition, claim=False, customers=0, paused="its meta record is of another release")
    due = client.zcount(f"{settings.redis_prefix}due:{settings.topics.orders}:{partition}", "-inf", str(meta.clock))
    return SeenPartition(
        partition,
        claim=bool(held["claim"]),
        customers=int(held["customers"] or 0),
        due=due,
        applied_ago_seconds=now - int(held["applied_at"] or 0) / 1_000,
        paused=meta.paused,
        window_days=meta.identity.window_days,
        is_old=formats_of(meta)[0] < STATE_FORMAT,
        currency=meta.identity.currency,
        partitions=meta.identity.partitions,
        model_version=meta.model_version,
        clock_mode=meta.clock_mode,
        is_half_swapped=meta.is_half_swapped,
    )


def look_at_page(settings: Settings) -> tuple[str, tuple[str, ...]]:
    """Return the address of the worker's page and what it complains of; no address when nobody serves one here."""
    host = "127.0.0.1" if settings.web_host in ("0.0.0.0", "::") else settings.web_host  # noqa: S104
    url = f"http://{host}:{settings.web_port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=PAGE_SECONDS) as answer:
            said = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = _said(error)
    except (OSError, ValueError):
        return "", ()
    # Something else may listen there.
    return (url, tuple(said["problems"])) if isinstance(said, dict) and "problems" in said else ("", ())


def _said(error: urllib.error.HTTPError) -> Any:
    try:
        return json.load(error)
    except ValueError:
        return None
