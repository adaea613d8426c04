"""Looks at the brokers: knocks, starts a conversation, and knocks where each of them says it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from stream_app.doctor.facts import Endpoint, KafkaFacts, Refusal, Refused
from stream_app.doctor.look.conversation import quiet, talk
from stream_app.doctor.look.reach import knock_all
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection

CALL_SECONDS = 3.0
DEFAULT_PORT = 9092


def look_at_kafka(settings: Settings) -> KafkaFacts:
    """Return what can be said of the brokers within about ten seconds, however they fail."""
    bootstrap = knock_all(addresses(settings.kafka_bootstrap_servers))
    facts = KafkaFacts(bootstrap, settings.kafka_security_protocol, is_in_container=_is_in_container())
    if not any(server.is_open for server in bootstrap):
        return facts
    talked = talk(settings)
    if talked.refused is not None:
        return replace(facts, refused=talked.refused)
    if talked.metadata is not None:
        return _with_brokers(settings, facts, talked.metadata)
    complained = replace(facts, brokers=_knocked(talked.named))
    # Brokers that can all be reached are no reason for silence.
    return replace(facts, refused=Refused(Refusal.MUTE)) if complained.is_usable else complained


def addresses(servers: str) -> Iterator[str]:
    """Yield each `host:port` of a list of bootstrap servers."""
    for server in servers.split(","):
        address = server.strip().rpartition("://")[2]
        if address:
            yield address if re.search(r":\d+$", address) else f"{address}:{DEFAULT_PORT}"


def _is_in_container() -> bool:
    return any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))


def _with_brokers(settings: Settings, facts: KafkaFacts, metadata: Any) -> KafkaFacts:
    named = {number: f"{broker.host}:{broker.port}" for number, broker in sorted(metadata.brokers.items())}
    told = replace(
        facts,
        cluster_id=str(metadata.cluster_id),
        brokers=_knocked(named),
        internal_topics=frozenset(name for name in metadata.topics if name.startswith("__")),
    )
    return replace(told, defaults=_broker_settings(settings, min(named))) if told.is_usable else told


def _knocked(named: dict[int, str]) -> dict[int, Endpoint]:
    return dict(zip(named, knock_all(named.values()), strict=True))


def _broker_settings(settings: Settings, number: int) -> dict[str, str]:
    """Return a broker's settings; nothing when this client may not see them."""
    admin = AdminClient(quiet(connection(settings, "doctor")))
    resource = ConfigResource(ResourceType.BROKER, str(number))
    try:
        (future,) = admin.describe_configs([resource], request_timeout=CALL_SECONDS).values()
        return {key: entry.value for key, entry in future.result(CALL_SECONDS).items() if entry.value is not None}
    except (KafkaException, TimeoutError):
        return {}
