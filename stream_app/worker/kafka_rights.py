"""Asks the brokers what this client may do, and says which right is missing and which command gives it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from stream_app.contract.rights import Resource, Right, Role, rights_of
from stream_app.core.errors import OutageError, StopError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection
from stream_app.worker.kafka_refusals import RIGHTS

ASK_SECONDS = 5.0
POLL_SECONDS = 0.02

Operations = frozenset[str]
"""Names in lower case without underscores: the client writes DESCRIBE_CONFIGS, the tool DescribeConfigs."""


def refuse_missing_rights(settings: Settings, role: Role, seconds: float = ASK_SECONDS) -> None:
    """Raise StopError with every right that a role lacks, OutageError when the brokers do not say.

    A transactional id is the one thing that can only be tried: see `explain_denial`.
    """
    wanted = rights_of(role, settings.topics, settings.kafka_group_id)
    missing = missing_rights(settings, wanted, seconds)
    if missing:
        raise denied(settings, missing)


def explain_denial(settings: Settings, role: Role, error: KafkaError) -> None:
    """Raise StopError when a broker's answer speaks of a right, with the right if it can be found out."""
    if error.code() not in RIGHTS:
        return
    if error.code() == KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
        wanted = rights_of(role, settings.topics, settings.kafka_group_id)
        raise denied(settings, [right for right in wanted if right.resource is Resource.TRANSACTIONAL_ID])
    # Brokers that cannot be asked which right it is have still denied one.
    with suppress(OutageError):
        refuse_missing_rights(settings, role)
    raise StopError(
        f"Kafka denied something to {principal(settings)} ({error.name()}), and allows it now.",
        "Start again; docs/security.md lists the rights.",
        code="KAFKA_DENIED",
    )


def missing_rights(settings: Settings, wanted: Sequence[Right], seconds: float = ASK_SECONDS) -> list[Right]:
    """Return the rights on topics and groups that the brokers do not give; what does not exist yet is passed over."""
    asking = _Asking(settings, seconds)
    names = sorted({right.name for right in wanted if right.resource is Resource.TOPIC})
    groups = sorted({right.name for right in wanted if right.resource is Resource.GROUP})
    given = {(Resource.TOPIC, name): held for name, held in asking.topics(names).items()}
    given |= {(Resource.GROUP, name): asking.group(name) for name in groups}
    return [right for right in wanted if not _is_given(right, given.get((right.resource, right.name)))]


def denied(settings: Settings, missing: Sequence[Right]) -> StopError:
    """Return the refusal that names the missing rights and the commands that give them."""
    commands = " && ".join(grant(right, settings) for right in missing)
    return StopError(
        f"Kafka at {settings.kafka_bootstrap_servers} does not allow {principal(settings)} to:"
        f" {', '.join(map(str, missing))}.",
        f"Run as an administrator: {commands}",
        code="KAFKA_DENIED",
    )


@contextmanager
def writing(settings: Settings, topic: str) -> Iterator[None]:
    """Raise StopError when a plain producer may not write to a topic: one that may write to none says so itself."""
    try:
        yield
    except KafkaException as error:
        if error.args[0].code() not in RIGHTS:
            raise
        raise may_not_write(settings, topic) from error


def may_not_write(settings: Settings, topic: str) -> StopError:
    """Return the refusal of a topic's writer."""
    return denied(settings, [Right(Resource.TOPIC, topic, "Write")])


def grant(right: Right, settings: Settings) -> str:
    """Return the command that gives a right to the user of these settings."""
    prefixed = " --resource-pattern-type prefixed" if right.is_prefix else ""
    return (
        f"kafka-acls --bootstrap-server {settings.kafka_bootstrap_servers} --command-config admin.properties"
        f" --add --allow-principal {principal(settings)} --operation {right.operation}"
        f"{prefixed} --{right.resource} {right.name}"
    )


def principal(settings: Settings) -> str:
    """Return the name that Kafka's access control knows this client by."""
    if settings.kafka_security_protocol.startswith("SASL_"):
        return f"User:{settings.kafka_sasl_username or '<name>'}"
    return "User:<name in the certificate>" if settings.kafka_security_protocol == "SSL" else "User:ANONYMOUS"


def _is_given(right: Right, held: Operations | None) -> bool:
    return held is None or right.operation.lower() in held


class _Asking:
    """One client that asks what it may do; raises StopError when it is not let in, OutageError when nobody answers."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds
        self._complaints: list[KafkaError] = []
        """Why nobody answers: the client tells it apart from the failure."""
        config = connection(settings, "rights")
        self._admin = AdminClient(config | {"error_cb": self._complaints.append})

    def topics(self, names: Sequence[str]) -> dict[str, Operations | None]:
        """Return the operations on each topic; None for one that does not exist."""
        asked = self._admin.describe_topics(
            TopicCollection(list(names)), include_authorized_operations=True, request_timeout=self._seconds
        )
        return {name: self._operations(asked[name], KafkaError.UNKNOWN_TOPIC_OR_PART) for name in names}

    def group(self, name: str) -> Operations | None:
        """Return the operations on a group."""
        asked = self._admin.describe_consumer_groups(
            [name], include_authorized_operations=True, request_timeout=self._seconds
        )
        return self._operations(asked[name], KafkaError.GROUP_ID_NOT_FOUND)

    def _operations(self, asked: Any, unknown: int) -> Operations | None:
        while not asked.done():
            self._admin.poll(POLL_SECONDS)
            self._refuse_login()
        try:
            found = asked.result().authorized_operations
        except KafkaException as error:
            code = error.args[0].code()
            if code in RIGHTS:
                return frozenset()
            if code == unknown:
                return None
            raise OutageError(f"Kafka does not answer ({error.args[0].name()}).", code="KAFKA_AWAY") from error
        # A broker that knows no access control says nothing.
        return _names(found) if found else None

    def _refuse_login(self) -> None:
        brokers = self._settings.kafka_bootstrap_servers
        for said in self._complaints:
            if said.code() in (KafkaError._AUTHENTICATION, KafkaError.SASL_AUTHENTICATION_FAILED):
                raise StopError(
                    f"Kafka at {brokers} refuses the login of {principal(self._settings)} ({said.str()}).",
                    "Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.",
                    code="KAFKA_CREDENTIALS",
                )
            if "certificate verify failed" in said.str():
                raise StopError(
                    f"Kafka at {brokers} shows a certificate that is not trusted here ({said.str()}).",
                    "Set KAFKA_SSL_CA_LOCATION to the file with the certificate of the authority that signed it.",
                    code="KAFKA_CREDENTIALS",
                )


def _names(operations: Iterable[Any]) -> Operations:
    return frozenset(operation.name.replace("_", "").lower() for operation in operations)
