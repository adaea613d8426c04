"""The real Kafka with TLS, logins (SCRAM-SHA-512) and access control: nobody may do what was not allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from stream_app.contract.rights import Resource, Right
from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.kafka_format import CLUSTER_ID
from stream_app.local.ports import HOST
from tests.integration.certificates import Certificates

ADMIN = "admin"
PASSWORD = "correct-horse"  # noqa: S105  every user's, for the test
ITERATIONS = 4_096
_KINDS = {
    Resource.TOPIC: ResourceType.TOPIC,
    Resource.GROUP: ResourceType.GROUP,
    Resource.TRANSACTIONAL_ID: ResourceType.TRANSACTIONAL_ID,
}
_OPERATIONS = {operation.name.replace("_", "").lower(): operation for operation in AclOperation}
CALL_SECONDS = 10.0


class SecuredKafka(LocalKafka):
    """One listener for clients, SASL_SSL; the controller's own is open, and on this machine only."""

    def __init__(self, data_dir: Path, certificates: Certificates) -> None:
        super().__init__(data_dir, is_brief=True)
        self._certificates = certificates

    def properties(self) -> dict[str, str]:
        listener = f"SASL_SSL://{self.bootstrap}"
        module = "org.apache.kafka.common.security.scram.ScramLoginModule"
        return super().properties() | {
            "inter.broker.listener.name": "SASL_SSL",
            "listener.security.protocol.map": "SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "listeners": f"{listener},CONTROLLER://{HOST}:{self._controller_port}",
            "advertised.listeners": listener,
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
                f'{module} required username="{ADMIN}" password="{PASSWORD}";'
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._certificates.both),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self._certificates.authority),
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            # The controller's listener knows no logins.
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
            "allow.everyone.if.no.acl.found": "false",
        }

    def _format(self, java: Sequence[str], config: Path) -> None:
        """Format with a first user: nobody could log in to make it."""
        if (self.data_dir / "log" / "meta.properties").exists():
            return
        user = f"SCRAM-SHA-512=[name={ADMIN},iterations={ITERATIONS},password={PASSWORD}]"
        command = ["kafka.tools.StorageTool", "format", "--cluster-id", CLUSTER_ID, "--config", str(config)]
        output = self.data_dir / "format.out"
        tool = Child.start([*java, *command, "--add-scram", user], env=None, stdout=output)
        assert tool.wait(60) == 0, output.read_text()

    def client(self) -> dict[str, str | int | float]:
        return super().client() | {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": ADMIN,
            "sasl.password": PASSWORD,
            "ssl.ca.location": str(self._certificates.authority),
        }

    def settings_of(self, user: str) -> dict[str, Any]:
        """Return how a user's programs connect."""
        return {
            "kafka_bootstrap_servers": self.bootstrap,
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": "SCRAM-SHA-512",
            "kafka_sasl_username": user,
            "kafka_sasl_password": PASSWORD,
            "kafka_ssl_ca_location": str(self._certificates.authority),
        }

    def admin(self) -> AdminClient:
        return AdminClient(self.client())

    def add_users(self, *names: str, password: str = PASSWORD) -> None:
        """Make users who may do nothing."""
        scram = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
        wanted = [UserScramCredentialUpsertion(name, scram, password.encode()) for name in names]
        admin = self.admin()
        for made in admin.alter_user_scram_credentials(wanted).values():
            made.result(CALL_SECONDS)

    def allow(self, user: str, rights: Iterable[Right]) -> None:
        admin = self.admin()
        wanted = list(dict.fromkeys(_binding(user, right) for right in rights))
        for made in admin.create_acls(wanted).values():
            made.result(CALL_SECONDS)

    def withdraw(self, user: str, right: Right) -> None:
        one = _binding(user, right)
        same = AclBindingFilter(
            one.restype, one.name, one.resource_pattern_type, one.principal, one.host, one.operation,
            one.permission_type,
        )  # fmt: skip
        admin = self.admin()
        (gone,) = admin.delete_acls([same]).values()
        assert len(gone.result(CALL_SECONDS)) == 1


def _binding(user: str, right: Right) -> AclBinding:
    pattern = ResourcePatternType.PREFIXED if right.is_prefix else ResourcePatternType.LITERAL
    operation = _OPERATIONS[right.operation.lower()]
    return AclBinding(
        _KINDS[right.resource], right.name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW
    )
