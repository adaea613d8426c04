"""Closes an orders topic for good, by the brokers themselves: whoever still writes to it gets an error."""

from __future__ import annotations

import time
from collections.abc import Iterable

from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient

from stream_app.contract.topics import MAX_RECORD_BYTES, SEALED_BYTES
from stream_app.core.errors import SegstreamError
from stream_app.repartition.control import moved_to
from stream_app.settings import Settings
from stream_app.topic_log import find_bounds
from stream_app.topics import see_topics, set_config
from stream_app.worker.kafka_config import connection, plain_producer
from stream_app.worker.kafka_rights import writing

ROLE = "repartition"
SIZE = "max.message.bytes"
PROBE_KEY = b"segstream.seal"
PROBE_HEADER = "segstream.seal"
"""On a record without value, which workers pass over."""
HEED_SECONDS = 30.0
OPEN_SECONDS = 60.0
POLL_SECONDS = 0.2
CALL_SECONDS = 15.0


def is_sealed(settings: Settings) -> bool:
    """Tell whether the orders topic was sealed."""
    seen = see_topics(AdminClient(connection(settings, "admin")), settings).get(settings.topics.orders)
    return seen is not None and (seen.config or {}).get(SIZE) == str(SEALED_BYTES)


def seal(settings: Settings) -> list[int]:
    """Let the brokers refuse every further order; return where each partition ends for ever.

    Done when every partition's leader has refused a record, and no transaction is open that could still commit one.
    """
    settings.require_live()
    topic = settings.topics.orders
    partitions = range(len(find_bounds(settings, topic, ROLE)))
    set_config(settings, topic, {SIZE: str(SEALED_BYTES)})
    deadline = time.monotonic() + HEED_SECONDS
    left: Iterable[int] = partitions
    while left := _taking(settings, left):
        if time.monotonic() > deadline:
            raise SegstreamError(
                f"Partition {min(left)} of {topic} still takes records {HEED_SECONDS:.0f} s after {SIZE} was set to "
                f"{SEALED_BYTES}.",
                "Take the right to write from everybody by an ACL; the brokers do not heed the topic's own limit.",
                code="SEAL_UNHEEDED",
            )
        time.sleep(POLL_SECONDS)
    return _wait_settled(settings, topic)


def unseal(settings: Settings) -> None:
    """Let the orders topic be written to again; refused once the deployment goes on elsewhere."""
    settings.require_live()
    prefix = moved_to(settings)
    if prefix is not None:
        raise SegstreamError(
            f"The deployment goes on with the topics of the prefix {prefix!r}: no order counts here.",
            "Send orders there.",
            code="DEPLOYMENT_MOVED",
        )
    set_config(settings, settings.topics.orders, {SIZE: str(MAX_RECORD_BYTES)})


def _taking(settings: Settings, partitions: Iterable[int]) -> list[int]:
    """Return which partitions take a record that is too large for the seal."""
    topic, taking = settings.topics.orders, list[int]()
    failed: list[KafkaError] = []
    # Not idempotent: a refusal would keep back what comes after it.
    producer = Producer(
        plain_producer(settings, ROLE)
        | {"enable.idempotence": False, "compression.type": "none", "message.timeout.ms": int(CALL_SECONDS * 1_000)}
    )

    def on_delivery(error: KafkaError | None, record: object) -> None:
        if error is None:
            taking.append(record.partition())  # type: ignore[attr-defined]
        elif error.code() != KafkaError.MSG_SIZE_TOO_LARGE:
            failed.append(error)

    with writing(settings, topic):
        for partition in partitions:
            headers = [(PROBE_HEADER, b"-" * SEALED_BYTES)]
            producer.produce(topic, None, PROBE_KEY, partition, headers=headers, on_delivery=on_delivery)  # type: ignore[arg-type]
        left = producer.flush(CALL_SECONDS + 5)
    if failed or left:
        reason = failed[0].name() if failed else "no answer"
        raise SegstreamError(
            f"Nobody knows whether {topic} is sealed: a partition gave another answer ({reason}).",
            "Run the command again once Kafka is well.",
            code="SEAL_UNKNOWN",
        )
    return sorted(taking)


def _wait_settled(settings: Settings, topic: str) -> list[int]:
    """Wait until readers of committed records see the ends of the partitions, and return these."""
    deadline = time.monotonic() + OPEN_SECONDS
    while True:
        ends = {p: end for p, (_, end) in find_bounds(settings, topic, ROLE, is_committed=False).items()}
        seen = {p: end for p, (_, end) in find_bounds(settings, topic, ROLE).items()}
        hidden = [p for p, end in ends.items() if seen[p] != end]
        if not hidden:
            return [ends[p] for p in sorted(ends)]
        if time.monotonic() > deadline:
            raise SegstreamError(
                f"A transaction is open in partition {hidden[0]} of {topic}: what it holds may still be committed.",
                "It ends by itself after its producer's transaction.timeout.ms; then run the command again.",
                code="SEAL_OPEN",
            )
        time.sleep(POLL_SECONDS)
