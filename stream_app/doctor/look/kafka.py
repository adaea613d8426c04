"""Looks at the brokers: knocks, starts a conversation, and knocks where each of them says it is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from stream_app.doctor.facts import KafkaFacts, Refusal, Refused
from stream_app.doctor.look.reach import knock_all
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection

TALK_SECONDS = 4.0
CALL_SECONDS = 3.0
DEFAULT_PORT = 9092
_QUIET = {"log_level": 0}
_AROUND = re.compile(r"^\S+(/bootstrap|/\d+): | \(after \d+ms in state \w+\)$")
"""What the client puts around its words: a broker's address, and how long it took."""


def quiet(config: dict[str, Any]) -> dict[str, Any]:
    """Return a client's configuration without its own words on stderr: the doctor tells the same in better ones."""
    return config | _QUIET


def look_at_kafka(settings: Settings) -> KafkaFacts:
    """Return what can be said of the brokers within about ten seconds, however they fail."""
    bootstrap = knock_all(_addresses(settings.kafka_bootstrap_servers))
    facts = KafkaFacts(bootstrap, settings.kafka_security_protocol, is_in_container=_is_in_container())
    if not any(server.is_open for server in bootstrap):
        return facts
    errors: list[KafkaError] = []
    try:
        admin = AdminClient(quiet(connection(settings, "doctor")) | {"error_cb": errors.append})
    except KafkaException as error:
        return replace(facts, refused=Refused(Refusal.CLIENT, error.args[0].str()))
    metadata = _metadata(admin, errors)
    if metadata is None:
        return replace(facts, refused=why_refused([(error.code(), error.str()) for error in errors]))
    return _with_brokers(admin, facts, metadata)


def _addresses(servers: str) -> Iterator[str]:
    for server in servers.split(","):
        address = server.strip().rpartition("://")[2]
        if address:
            yield address if re.search(r":\d+$", address) else f"{address}:{DEFAULT_PORT}"


def _is_in_container() -> bool:
    return any(Path(mark).exists() for mark in ("/.dockerenv", "/run/.containerenv"))


def _metadata(admin: AdminClient, errors: list[KafkaError]) -> Any:
    """Return what the brokers say of themselves, None when they do not, or when trying on is in vain."""
    deadline = time.monotonic() + TALK_SECONDS
    while time.monotonic() < deadline:
        try:
            return admin.list_topics(timeout=1.0)
        except KafkaException:
            # The reasons come apart from the failure, and only while the client is polled.
            admin.poll(0.3)
        if why_refused([(error.code(), error.str()) for error in errors]).why is not Refusal.MUTE:
            return None
    return None


def why_refused(errors: list[tuple[int, str]]) -> Refused:
    """Return the reason that tells the most; without one the server did not speak Kafka."""
    logins = [said for code, said in errors if code == KafkaError._AUTHENTICATION]
    if logins:
        return Refused(Refusal.LOGIN, _bare(logins[0]))
    tls = [said for code, said in errors if code == KafkaError._SSL or "SSL" in said]
    if tls:
        return Refused(Refusal.TLS, _bare(max(tls, key=lambda said: "handshake failed" in said)))
    return Refused(Refusal.MUTE)


def _bare(said: str) -> str:
    return _AROUND.sub("", said)


def _with_brokers(admin: AdminClient, facts: KafkaFacts, metadata: Any) -> KafkaFacts:
    numbers = sorted(metadata.brokers)
    found = knock_all(f"{metadata.brokers[number].host}:{metadata.brokers[number].port}" for number in numbers)
    brokers = dict(zip(numbers, found, strict=True))
    is_usable = all(broker.is_open for broker in found)
    return replace(
        facts,
        cluster_id=str(metadata.cluster_id),
        brokers=brokers,
        internal_topics=frozenset(name for name in metadata.topics if name.startswith("__")),
        defaults=_broker_settings(admin, numbers[0]) if is_usable else {},
    )


def _broker_settings(admin: AdminClient, number: int) -> dict[str, str]:
    """Return a broker's settings; nothing when this client may not see them."""
    resource = ConfigResource(ResourceType.BROKER, str(number))
    try:
        (future,) = admin.describe_configs([resource], request_timeout=CALL_SECONDS).values()
        return {key: entry.value for key, entry in future.result(CALL_SECONDS).items() if entry.value is not None}
    except (KafkaException, TimeoutError):
        return {}
