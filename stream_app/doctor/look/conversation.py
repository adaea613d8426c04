"""Talks to the brokers until they name themselves, or until it is clear why they do not."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from stream_app.core.errors import SegstreamError
from stream_app.doctor.facts import Refusal, Refused
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection

TRIES_SECONDS = (3.0, 1.5)
"""A client drops the address it was given once it knows the advertised ones. If those cannot be reached, whether its
question was answered before is a matter of chance: a second client has a chance of its own."""

_QUIET = {"log_level": 0}
_AROUND = re.compile(r"^\S+(/bootstrap|/\d+): | \(after \d+ms in state \w+\)$")
"""What the client puts around its words: a broker's address, and how long it took."""
_BROKER = re.compile(r"(?:^|://)([^/\s]+:\d+)/(\d+): ")
"""A broker as the client names it: the address that it advertises, and its id."""


@dataclass(frozen=True)
class Conversation:
    """How far talking came: metadata, or a refusal, or just the brokers of which the client complained."""

    metadata: Any = None
    refused: Refused | None = None
    named: dict[int, str] = field(default_factory=dict)


def quiet(config: dict[str, Any]) -> dict[str, Any]:
    """Return a client's configuration without its own words on stderr: the doctor tells the same in better ones."""
    return config | _QUIET


def talk(settings: Settings) -> Conversation:
    """Return what came of it, within about five seconds."""
    errors: list[KafkaError] = []
    for seconds in TRIES_SECONDS:
        try:
            admin = AdminClient(quiet(connection(settings, "doctor")) | {"error_cb": errors.append})
        except KafkaException as error:
            return Conversation(refused=Refused(Refusal.CLIENT, error.args[0].str()))
        except SegstreamError as shut:
            return Conversation(refused=Refused(Refusal.PLAINTEXT, shut.cause, shut.mend))
        metadata = _metadata(admin, errors, seconds)
        if metadata is not None:
            return Conversation(metadata)
        if _why(errors).why is not Refusal.MUTE:
            break
    named = brokers_in(error.str() for error in errors)
    refused = _why(errors)
    # A client that complains of a broker by its id was told of it by one that answered.
    return Conversation(named=named) if named and refused.why is Refusal.MUTE else Conversation(refused=refused)


def _metadata(admin: AdminClient, errors: list[KafkaError], seconds: float) -> Any:
    """Return what the brokers say of themselves, None when they do not, or when trying on is in vain."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            return admin.list_topics(timeout=1.0)
        except KafkaException:
            # The reasons come apart from the failure, and only while the client is polled.
            admin.poll(0.3)
        if _why(errors).why is not Refusal.MUTE:
            return None
    return None


def _why(errors: list[KafkaError]) -> Refused:
    return why_refused([(error.code(), error.str()) for error in errors])


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


def brokers_in(complaints: Iterable[str]) -> dict[int, str]:
    """Return the brokers that a client complains of, by id, each with the address that it advertises.

    >>> brokers_in(["1/1 brokers are down", "ssl://kafka:19092/7: Failed to resolve 'kafka:19092'", "b:1/bootstrap: x"])
    {7: 'kafka:19092'}
    """
    return {int(found[2]): found[1] for said in complaints if (found := _BROKER.search(said))}
