"""Whether Kafka and Redis may be talked to without TLS: on this machine always, elsewhere only if somebody said so."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from stream_app.core.errors import OutageError, UsageError
from stream_app.settings import Settings

_ENCRYPTED = ("SSL", "SASL_SSL")


def refuse_plaintext(settings: Settings) -> None:
    """Raise what `refuse_plaintext_kafka` and `refuse_plaintext_redis` raise: for who must know before it starts."""
    refuse_plaintext_kafka(
        settings,
        settings.kafka_extra.get("security.protocol", settings.kafka_security_protocol),
        settings.kafka_extra.get("bootstrap.servers", settings.kafka_bootstrap_servers),
    )
    refuse_plaintext_redis(settings)


def refuse_plaintext_kafka(settings: Settings, protocol: str, servers: str) -> None:
    """Raise UsageError when another machine would be talked to without TLS, OutageError when a name has no address.

    Only the servers named here are judged: where they send their clients on to is known once they have answered.
    """
    if protocol.upper() in _ENCRYPTED or settings.kafka_allow_plaintext:
        return
    for host in _hosts(servers):
        if not _is_here(host, "Kafka", "KAFKA_BOOTSTRAP_SERVERS", "KAFKA_AWAY"):
            raise UsageError(
                f"Kafka at {host} is another machine, and {protocol} would show it orders and passwords unencrypted.",
                "Set KAFKA_SECURITY_PROTOCOL to SASL_SSL or SSL; or SEGSTREAM_KAFKA_ALLOW_PLAINTEXT=1 if nobody else"
                " is on the network between.",
                code="KAFKA_PLAINTEXT",
            )


def refuse_plaintext_redis(settings: Settings) -> None:
    """Raise UsageError when Redis on another machine would be talked to without TLS; a Unix socket is this machine."""
    url = urlsplit(settings.redis_url.get_secret_value())
    if url.scheme != "redis" or settings.redis_allow_plaintext:
        return
    host = url.hostname or "localhost"
    if not _is_here(host, "Redis", "REDIS_URL", "REDIS_AWAY"):
        raise UsageError(
            f"Redis at {host} is another machine, and redis:// would show it customers and passwords unencrypted.",
            "Write REDIS_URL with rediss:// (TLS); or set SEGSTREAM_REDIS_ALLOW_PLAINTEXT=1 if nobody else is on the"
            " network between.",
            code="REDIS_PLAINTEXT",
        )


def _hosts(servers: str) -> Iterator[str]:
    for server in servers.split(","):
        address = server.strip().rpartition("://")[2]
        if address:
            yield urlsplit(f"//{address}").hostname or address


def _is_here(host: str, what: str, variable: str, code: str) -> bool:
    """Tell whether all addresses of a host are this machine's own; what has no address cannot be told."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise OutageError(
            f"{what} does not answer: {host} is a name without an address on this machine.",
            f"Check the spelling of {variable}, or ask `segstream doctor`.",
            code=code,
        ) from None
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)
