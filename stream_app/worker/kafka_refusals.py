"""What the brokers' refusals mean to a person: one sentence of cause, and the command or setting that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException

from stream_app.core.errors import OutageError, SegstreamError
from stream_app.settings import Settings

CALL_SECONDS = 5.0
"""How long a command waits for an answer: a broker that starts needs 4."""

_CREDENTIALS = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}
_RIGHTS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
_MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}


@contextmanager
def kafka_refusals(settings: Settings) -> Iterator[None]:
    """Turn what the client raises into an error of ours."""
    try:
        yield
    except KafkaException as error:
        raise _refusal(settings, error.args[0]) from error


def partition_count(client: Any, settings: Settings, topic: str) -> int:
    """Return how many partitions a topic has; raises SegstreamError when it is missing or nobody answers."""
    with kafka_refusals(settings):
        # All topics: to ask for one may create it.
        found = client.list_topics(timeout=CALL_SECONDS).topics.get(topic)
    if found is None or found.error is not None:
        raise _missing(settings, topic)
    return len(found.partitions)


def _refusal(settings: Settings, error: KafkaError) -> SegstreamError:
    """Return the error that a command ends with."""
    brokers = settings.kafka_bootstrap_servers
    if error.code() in _CREDENTIALS:
        return SegstreamError(
            f"Kafka at {brokers} refuses the credentials ({error.str()}).",
            "Check KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.",
            code="KAFKA_CREDENTIALS",
        )
    if error.code() in _RIGHTS:
        return SegstreamError(
            f"Kafka at {brokers} does not allow this ({error.name()}).",
            "Give the user the rights that docs/reference/topics.md lists.",
            code="KAFKA_DENIED",
        )
    if error.code() in _MISSING:
        return _missing(settings, "of that name")
    return OutageError(
        f"Kafka does not answer at {brokers} ({error.name()}).",
        "Name the brokers in KAFKA_BOOTSTRAP_SERVERS, start one with `segstream local`, or ask `segstream doctor`.",
        code="KAFKA_AWAY",
    )


def _missing(settings: Settings, topic: str) -> SegstreamError:
    return SegstreamError(
        f"Kafka at {settings.kafka_bootstrap_servers} has no topic {topic}.",
        "Run: segstream topics create. A deployment with a prefix needs SEGSTREAM_TOPIC_PREFIX.",
        code="TOPICS_MISSING",
    )
