"""What the brokers' refusals mean to a person: one sentence of cause, and the command or setting that mends it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from stream_app.core.errors import OutageError, SegstreamError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection

CALL_SECONDS = 5.0
"""How long a command waits for an answer: a broker that starts needs 4."""

_CREDENTIALS = {KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED}
RIGHTS = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
"""What a broker answers to who may not do what was asked."""
_MISSING = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}


@contextmanager
def kafka_refusals(settings: Settings) -> Iterator[None]:
    """Turn what the client raises into an error of ours."""
    try:
        yield
    except KafkaException as error:
        raise _refusal(settings, error.args[0]) from error


def can_read_on(error: KafkaError) -> bool:
    """Tell whether a reader without a group goes on by itself after an error.

    The client asks who keeps a group even of those who join none, so a right on one is not needed.
    """
    return error.retriable() or error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED


def partition_count(client: Any, settings: Settings, topic: str) -> int:
    """Return how many partitions a topic has; raises SegstreamError when it is missing or nobody answers."""
    with kafka_refusals(settings):
        # All topics: to ask for one may create it.
        found = client.list_topics(timeout=CALL_SECONDS).topics.get(topic)
    if found is None or found.error is not None:
        raise _hidden(settings, topic) or _missing(settings, topic)
    return len(found.partitions)


def _hidden(settings: Settings, topic: str) -> SegstreamError | None:
    """Return the refusal when the topic is kept from us: in a list of topics it is merely absent."""
    admin = AdminClient(connection(settings, "admin"))
    (asked,) = admin.describe_topics(TopicCollection([topic]), request_timeout=CALL_SECONDS).values()
    try:
        asked.result(CALL_SECONDS)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
            return _refusal(settings, error.args[0], f"to see {topic}")
    except TimeoutError:
        pass
    return None


def _refusal(settings: Settings, error: KafkaError, what: str = "this") -> SegstreamError:
    """Return the error that a command ends with."""
    brokers = settings.kafka_bootstrap_servers
    if error.code() in _CREDENTIALS:
        return SegstreamError(
            f"Kafka at {brokers} refuses the credentials ({error.str()}).",
            "Check KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.",
            code="KAFKA_CREDENTIALS",
        )
    if error.code() in RIGHTS:
        return SegstreamError(
            f"Kafka at {brokers} does not allow {what} ({error.name()}).",
            "Give the user the rights that docs/security.md lists.",
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
