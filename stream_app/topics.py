"""Creates a deployment's topics, and mends those that exist and are not as the guarantees need them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from stream_app.contract.topics import Topic
from stream_app.core.errors import SegstreamError
from stream_app.settings import Settings
from stream_app.topic_faults import SeenTopic, TopicFault, topic_faults
from stream_app.worker.kafka_config import connection
from stream_app.worker.kafka_refusals import CALL_SECONDS, kafka_refusals


def create_topics(settings: Settings, partitions: int, replication: int) -> list[str]:
    """Create what is missing and return the names created; what exists is left alone."""
    admin = AdminClient(connection(settings, "admin"))
    have = _described(admin, settings)
    missing = [topic for topic in settings.topics.definitions() if topic.name not in have]
    wanted = [
        NewTopic(topic.name, partitions if topic.is_partitioned else 1, replication, config=topic.config)
        for topic in missing
    ]
    if wanted:
        for name, future in admin.create_topics(wanted).items():
            _settle(f"Topic {name} could not be created", future, KafkaError.TOPIC_ALREADY_EXISTS)
    return [topic.name for topic in missing]


def create_topic(
    settings: Settings, topic: Topic, partitions: int, replication: int, changes: Mapping[str, str]
) -> None:
    """Create one topic with other settings than it is to have at work; one that exists is left alone."""
    admin = AdminClient(connection(settings, "admin"))
    if topic.name in _described(admin, settings):
        return
    wanted = NewTopic(topic.name, partitions, replication, config=topic.config | dict(changes))
    for name, future in admin.create_topics([wanted]).items():
        _settle(f"Topic {name} could not be created", future, KafkaError.TOPIC_ALREADY_EXISTS)


def check_topics(settings: Settings) -> list[TopicFault]:
    """Return what is wrong with the topics; empty when all is well."""
    return topic_faults(settings.topics, see_topics(AdminClient(connection(settings, "admin")), settings))


def mend_topics(settings: Settings) -> list[TopicFault]:
    """Put wrong settings right and return what was wrong; partition counts and missing topics are left alone."""
    admin = AdminClient(connection(settings, "admin"))
    wrong = [fault for fault in topic_faults(settings.topics, see_topics(admin, settings)) if fault.key]
    for name in sorted({fault.topic for fault in wrong}):
        _set(admin, name, {fault.key: fault.wanted for fault in wrong if fault.topic == name})
    return wrong


def set_config(settings: Settings, topic: str, values: Mapping[str, str]) -> None:
    """Change settings of one topic; each broker heeds them a moment later."""
    _set(AdminClient(connection(settings, "admin")), topic, values)


def _set(admin: AdminClient, topic: str, values: Mapping[str, str]) -> None:
    changes = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET) for key, value in sorted(values.items())
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=changes)
    for future in admin.incremental_alter_configs([resource]).values():
        _settle(f"The settings of {topic} could not be changed", future)


def see_topics(admin: AdminClient, settings: Settings) -> dict[str, SeenTopic]:
    """Return those of the deployment's topics that exist."""
    found = _described(admin, settings)
    names = [topic.name for topic in settings.topics.definitions() if topic.name in found]
    configs = _configs(admin, settings, names) if names else {}
    return {name: _seen(found[name], configs.get(name)) for name in names}


def _seen(topic: Any, config: dict[str, str] | None) -> SeenTopic:
    partitions = topic.partitions.values()
    return SeenTopic(
        partitions=len(partitions),
        replication=min(len(partition.replicas) for partition in partitions),
        leaderless=tuple(sorted(partition.id for partition in partitions if partition.leader < 0)),
        config=config,
    )


def _described(admin: AdminClient, settings: Settings) -> dict[str, Any]:
    with kafka_refusals(settings):
        found = admin.list_topics(timeout=CALL_SECONDS).topics
    return {name: topic for name, topic in found.items() if topic.partitions}


def _configs(admin: AdminClient, settings: Settings, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the settings of topics; those that this client may not see are left out."""
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    found = {}
    for resource, future in admin.describe_configs(resources, request_timeout=CALL_SECONDS).items():
        with kafka_refusals(settings), _hidden_topics():
            found[resource.name] = {key: entry.value for key, entry in future.result(CALL_SECONDS).items()}
    return found


@contextmanager
def _hidden_topics() -> Iterator[None]:
    try:
        yield
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_AUTHORIZATION_FAILED:
            raise


def _settle(what: str, future: Any, *passing: int) -> None:
    try:
        future.result(CALL_SECONDS)
    except KafkaException as error:
        # Another process that creates the same topics may have been quicker.
        if error.args[0].code() in passing:
            return
        raise SegstreamError(f"{what}: {error.args[0].str()}.") from error
