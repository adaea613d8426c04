"""Kafka and Redis on other machines are talked to with TLS, unless somebody said otherwise."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from redis.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection

from stream_app.core.errors import OutageError, UsageError
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection
from stream_app.worker.plaintext import refuse_plaintext
from stream_app.worker.run import run_worker
from stream_app.worker.store import connect

ELSEWHERE = "192.0.2.7"
"""An address for documentation: nobody's, and not this machine's."""


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "servers", ["localhost:9092", "127.0.0.1:9092,[::1]:9092", "127.8.8.8", "PLAINTEXT://localhost:1"]
)
def test_kafka_on_this_machine_needs_no_tls(servers: str) -> None:
    assert connection(settings(kafka_bootstrap_servers=servers), "test")["security.protocol"] == "PLAINTEXT"


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SASL_PLAINTEXT"])
@pytest.mark.parametrize("servers", [f"{ELSEWHERE}:9092", f"localhost:9092,{ELSEWHERE}:9092", "[2001:db8::7]:9092"])
def test_kafka_elsewhere_is_refused_without_tls(protocol: str, servers: str) -> None:
    with pytest.raises(UsageError) as refused:
        connection(settings(kafka_bootstrap_servers=servers, kafka_security_protocol=protocol), "test")

    assert refused.value.code == "KAFKA_PLAINTEXT"
    assert protocol in refused.value.cause
    assert "SEGSTREAM_KAFKA_ALLOW_PLAINTEXT=1" in refused.value.mend


@pytest.mark.parametrize(
    "changes",
    [{"kafka_security_protocol": "SASL_SSL"}, {"kafka_security_protocol": "SSL"}, {"kafka_allow_plaintext": True}],
)
def test_kafka_elsewhere_is_let_through_with_tls_or_by_word(changes: dict[str, Any]) -> None:
    assert connection(settings(kafka_bootstrap_servers=f"{ELSEWHERE}:9092", **changes), "test")


def test_an_option_of_the_client_opens_no_back_door() -> None:
    extra = {"security.protocol": "plaintext", "bootstrap.servers": f"{ELSEWHERE}:9092"}

    for check in (lambda s: connection(s, "test"), refuse_plaintext):
        with pytest.raises(UsageError, match="unencrypted"):
            check(settings(kafka_security_protocol="SASL_SSL", kafka_extra=extra))


def way_to(**changes: Any) -> type[AbstractConnection]:
    """Return the kind of connection that a client of these settings would open."""
    with connect(settings(**changes)) as client:
        kind: type[AbstractConnection] = client.connection_pool.connection_class
        return kind


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("redis://localhost:6379/0", Connection),
        ("redis://:p@127.0.0.1", Connection),
        ("unix:///run/redis.sock", UnixDomainSocketConnection),
        ("redis://[::1]", Connection),
    ],
)
def test_redis_on_this_machine_needs_no_tls(url: str, kind: type[AbstractConnection]) -> None:
    assert way_to(redis_url=url) is kind


@pytest.mark.parametrize("url", [f"redis://{ELSEWHERE}:6379/0", f"redis://me:s3cret@{ELSEWHERE}"])
def test_redis_elsewhere_is_refused_without_tls(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        connect(settings(redis_url=url))

    assert refused.value.code == "REDIS_PLAINTEXT"
    assert "rediss://" in refused.value.mend
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({"redis_url": f"rediss://{ELSEWHERE}"}, SSLConnection), ({"redis_allow_plaintext": True}, Connection)],
)
def test_redis_elsewhere_is_let_through_with_tls_or_by_word(
    changes: dict[str, Any], kind: type[AbstractConnection]
) -> None:
    assert way_to(**({"redis_url": f"redis://{ELSEWHERE}"} | changes)) is kind


def test_a_name_without_an_address_is_an_outage_and_not_this_machine() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", None)

    with pytest.raises(OutageError) as away:
        connection(settings(kafka_bootstrap_servers="nowhere.invalid:9092"), "test")

    assert away.value.code == "KAFKA_AWAY"
    assert "nowhere.invalid" in away.value.cause


def test_a_worker_ends_before_it_talks(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        run_worker(settings(redis_url=f"redis://{ELSEWHERE}", model_uri=str(tmp_path)))
