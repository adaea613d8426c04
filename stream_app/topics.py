"""Creates a deployment's topics, and compares those that exist with what the guarantees need."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType  # type: ignore[attr-defined]

from stream_app.core.errors import SegstreamError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection
from stream_app.worker.kafka_refusals import CALL_SECONDS, kafka_refusals


def create_topics(settings: Settings, partitions: int, replication: int) -> list[str]:
    """Create what is missing and return the names created; what exists is left alone."""
    admin = AdminClient(connection(settings, "admin"))
    have = _partition_counts(admin, settings)
    missing = [topic for topic in settings.topics.definitions() if topic.name not in have]
    wanted = [
        NewTopic(topic.name, partitions if topic.is_partitioned else 1, replication, config=topic.config)
        for topic in missing
    ]
    if wanted:
        for name, future in admin.create_topics(wanted).items():
            _settle(name, future)
    return [topic.name for topic in missing]


def _settle(name: str, future: object) -> None:
    try:
        future.result(CALL_SECONDS)  # type: ignore[attr-defined]
    except KafkaException as error:
        raise SegstreamError(f"Topic {name} could not be created: {error.args[0].str()}.") from error


def _partition_counts(admin: AdminClient, settings: Settings) -> dict[str, int]:
    with kafka_refusals(settings):
        return {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=CALL_SECONDS).topics.items()}


def check_topics(settings: Settings) -> list[str]:
    """Return what is wrong with the topics, one sentence each; empty when all is well."""
    admin = AdminClient(connection(settings, "admin"))
    have = _partition_counts(admin, settings)
    problems = [f"{t.name} is missing." for t in settings.topics.definitions() if t.name not in have]
    if problems:
        return problems
    partitions = have[settings.topics.orders]
    for topic in settings.topics.definitions():
        expected = partitions if topic.is_partitioned else 1
        if have[topic.name] != expected:
            problems.append(f"{topic.name} has {have[topic.name]} partitions instead of {expected}.")
    return problems + _wrong_configs(admin, settings)


def _wrong_configs(admin: AdminClient, settings: Settings) -> list[str]:
    wanted = {topic.name: topic.config for topic in settings.topics.definitions()}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in wanted]
    problems = []
    for resource, future in admin.describe_configs(resources).items():
        found = future.result(CALL_SECONDS)
        for key, value in wanted[resource.name].items():
            if found[key].value != value:
                problems.append(f"{resource.name}: {key} is {found[key].value} instead of {value}.")
    return sorted(problems)
