"""What the brokers say of the deployment's topics: that they exist, fit together, and are the same as before."""

from __future__ import annotations

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from stream_app.core.errors import OutageError, StopError
from stream_app.settings import Settings
from stream_app.worker.meta import Identity, identity_of


def find_identity(settings: Settings, admin: AdminClient) -> Identity:
    """Return the cluster's and topics' ids; raises StopError when topics are missing or do not fit."""
    topics = settings.topics
    try:
        metadata = admin.list_topics(timeout=5)
        counts = {
            topic.name: len(metadata.topics[topic.name].partitions) if topic.name in metadata.topics else 0
            for topic in topics.definitions()
        }
        _check_counts(counts, topics.orders, topics.control)
        found = admin.describe_topics(TopicCollection([topics.orders, topics.state]), request_timeout=5)
        ids = {name: str(future.result(10).topic_id) for name, future in found.items()}
    except KafkaException as error:
        raise OutageError(f"Kafka does not answer ({error.args[0].name()}).", code="KAFKA_AWAY") from error
    return identity_of(
        str(metadata.cluster_id), ids[topics.orders], ids[topics.state], counts[topics.orders],
        settings.window_days, settings.currency,
    )  # fmt: skip


def _check_counts(counts: dict[str, int], orders: str, control: str) -> None:
    missing = sorted(name for name, count in counts.items() if not count)
    if missing:
        raise StopError(
            f"Topics are missing: {', '.join(missing)}.", "Run: segstream topics create", code="TOPICS_MISSING"
        )
    odd = {name: count for name, count in counts.items() if count != (1 if name == control else counts[orders])}
    if odd:
        raise StopError(
            f"{orders} has {counts[orders]} partitions, but {', '.join(f'{n} has {c}' for n, c in odd.items())}.",
            "Run: segstream topics check",
            code="PARTITION_COUNT",
        )
