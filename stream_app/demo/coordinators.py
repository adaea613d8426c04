"""Wakes a new Kafka's two coordinators, which otherwise make the first worker wait a second each."""

from __future__ import annotations

from contextlib import suppress

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient

from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection

WAIT_SECONDS = 5.0


def wake_coordinators(settings: Settings) -> None:
    """Have the topics of groups and of transactions made by asking for one of each; nobody needs the answers."""
    admin = AdminClient(connection(settings, "admin"))
    admin.describe_consumer_groups([settings.kafka_group_id])
    producer = Producer({**connection(settings, "demo"), "transactional.id": "segstream-demo"})
    with suppress(KafkaException):
        producer.init_transactions(WAIT_SECONDS)
