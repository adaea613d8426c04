"""What a new deployment is to be, checked before anything is written."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from secrets import token_hex
from uuid import uuid4

from stream_app.core.errors import UsageError

DEPLOYMENT = "segstream"
KAFKA_HERE = "localhost:9092"
REDIS_HERE = "redis://localhost:6379/0"
"""Where the Compose file publishes its own servers."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_HERE = re.compile(r"(^|[/@,\[])(localhost|127\.0\.0\.1|::1)\b")


@dataclass(frozen=True)
class Plan:
    """A deployment that does not exist yet."""

    deployment: str = DEPLOYMENT
    kafka_bootstrap_servers: str | None = None
    """None: the Compose file brings its own Kafka."""
    redis_url: str | None = None
    """None: the Compose file brings its own Valkey."""
    window_days: str = "365"
    currency: str = "EUR"
    partitions: int = 12
    replication: int | None = None
    erasure_key: str | None = None
    """The one that the folder has already; None: a new one is made."""

    @property
    def has_own_kafka(self) -> bool:
        """True when the Compose file brings a Kafka."""
        return self.kafka_bootstrap_servers is None

    @property
    def has_own_redis(self) -> bool:
        """True when the Compose file brings a Valkey."""
        return self.redis_url is None

    def values(self) -> dict[str, str]:
        """Return what stands in the files in place of each name."""
        is_named = self.deployment != DEPLOYMENT
        replication = self.replication or (1 if self.has_own_kafka else 3)
        return {
            "DEPLOYMENT": self.deployment,
            "CLUSTER_ID": new_cluster_id(),
            "GROUP": f"{self.deployment}-worker",
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_bootstrap_servers or KAFKA_HERE,
            "REDIS_URL": self.redis_url or REDIS_HERE,
            "ERASURE_KEY": self.erasure_key or token_hex(32),
            "WINDOW_DAYS": self.window_days if self.window_days.isdigit() else '"none"',
            "CURRENCY": self.currency,
            "PARTITIONS": str(self.partitions),
            "REPLICATION": str(replication),
            # Servers of its own need no prefix; on others a named deployment has neighbours.
            "TOPIC_PREFIX": f"{self.deployment}." if is_named and not self.has_own_kafka else "",
            "REDIS_PREFIX": f"{self.deployment}:" if is_named and not self.has_own_redis else "",
        }

    def unreachable(self) -> list[str]:
        """Return the addresses that mean another machine inside a container than they mean here."""
        given = (self.kafka_bootstrap_servers, self.redis_url)
        return [name for name, value in zip(("Kafka", "Redis"), given, strict=True) if value and _HERE.search(value)]


def check(plan: Plan) -> None:
    """Raise UsageError for what could not become a deployment."""
    if not _NAME.fullmatch(plan.deployment):
        raise UsageError(
            f"{plan.deployment!r} is no name for a deployment: Compose takes a-z, 0-9, - and _.",
            "Give it a name like --deployment shop-a.",
        )
    if plan.window_days != "none" and not (plan.window_days.isdigit() and 1 <= int(plan.window_days) <= 36_500):
        raise UsageError(f"--window-days is {plan.window_days!r}.", "Give 1 to 36500, or none.")
    if not _CURRENCY.fullmatch(plan.currency):
        raise UsageError(f"--currency is {plan.currency!r}.", "Give its three letters, like EUR.")
    for flag, value in (
        ("--kafka-bootstrap-servers", plan.kafka_bootstrap_servers),
        ("--redis-url", plan.redis_url),
    ):
        if value is not None and (not value or re.search(r"['\s]", value)):
            raise UsageError(f"{flag} is empty, or holds a space or quote.", "Percent-encode it in a URL.")
    if plan.redis_url is not None and not re.match(r"(rediss?|unix)://", plan.redis_url):
        raise UsageError(
            "--redis-url does not begin with redis://, rediss:// or unix://.", f"Write it like {REDIS_HERE}"
        )


def new_cluster_id() -> str:
    """Return an id as `kafka-storage.sh random-uuid` makes them: two clusters with one id pass for the same."""
    while (name := urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return name
