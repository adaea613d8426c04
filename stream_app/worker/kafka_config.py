"""Settings as librdkafka wants them: one security block, and the options each client's promise rests on."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from stream_app.settings import Settings
from stream_app.worker.plaintext import refuse_plaintext_kafka

Config = dict[str, Any]


def connection(settings: Settings, role: str) -> Config:
    """Return what every client needs to reach the brokers; raises UsageError rather than talk openly to others."""
    password = settings.kafka_sasl_password
    options = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "client.id": f"segstream-{role}-{socket.gethostname()}",
        "security.protocol": settings.kafka_security_protocol,
        "sasl.mechanism": settings.kafka_sasl_mechanism,
        "sasl.username": settings.kafka_sasl_username,
        "sasl.password": None if password is None else password.get_secret_value(),
        "ssl.ca.location": settings.kafka_ssl_ca_location,
        "ssl.certificate.location": settings.kafka_ssl_certificate_location,
        "ssl.key.location": settings.kafka_ssl_key_location,
        "reconnect.backoff.ms": 100,
        "reconnect.backoff.max.ms": 2_000,
        # At 3 the client writes 20 lines a second to stderr while no broker answers; what it has to say also comes
        # as errors.
        "log_level": 2,
        **settings.kafka_extra,
    }
    refuse_plaintext_kafka(settings, str(options["security.protocol"]), str(options["bootstrap.servers"]))
    return {name: value for name, value in options.items() if value is not None}


def orders_consumer(settings: Settings, on_error: Callable[[Any], None]) -> Config:
    """Return the configuration of the consumer that reads orders for the group."""
    return {
        **connection(settings, "orders"),
        "group.id": settings.kafka_group_id,
        "enable.auto.commit": False,
        "isolation.level": "read_committed",
        "auto.offset.reset": "error",
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": settings.kafka_session_timeout_ms,
        # Workers hear by it that another came or went, twice for a partition that moves.
        "heartbeat.interval.ms": min(1_000, settings.kafka_session_timeout_ms // 3),
        "max.poll.interval.ms": 300_000,
        "queued.min.messages": 100_000,
        "queued.max.messages.kbytes": 131_072,
        "fetch.wait.max.ms": 100,
        "fetch.queue.backoff.ms": 5,
        "check.crcs": True,
        # Where the log ends: markers of transactions hide that from positions.
        "enable.partition.eof": True,
        "fetch.message.max.bytes": 4_194_304,
        "error_cb": on_error,
    }


def log_reader(settings: Settings, role: str, *, is_committed: bool = True, wait_ms: int = 500) -> Config:
    """Return the configuration of a reader without a group that sees where a partition ends.

    `wait_ms` is how long a broker may hold the answer that there is nothing new: short waits find the
    end sooner, and cost the broker a request each.
    """
    return {
        **connection(settings, role),
        "group.id": f"{settings.kafka_group_id}-{role}",
        "enable.auto.commit": False,
        "isolation.level": "read_committed" if is_committed else "read_uncommitted",
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "fetch.wait.max.ms": wait_ms,
        "fetch.queue.backoff.ms": 5,
        "allow.auto.create.topics": False,
    }


def plain_producer(settings: Settings, role: str) -> Config:
    """Return the configuration of an idempotent producer that puts keys where Java would."""
    return {
        **connection(settings, role),
        "partitioner": "murmur2_random",
        "enable.idempotence": True,
        "compression.type": "lz4",
        "linger.ms": 5,
    }


def transactional_producer(settings: Settings, on_error: Callable[[Any], None]) -> Config:
    """Return the configuration of the worker's producer."""
    return {
        **plain_producer(settings, "worker"),
        "transactional.id": f"{settings.kafka_group_id}-{settings.instance_id}",
        "transaction.timeout.ms": settings.kafka_transaction_timeout_ms,
        "message.timeout.ms": settings.kafka_transaction_timeout_ms,
        "linger.ms": 2,
        # A transaction begun before the markers of the last one are written is refused and tried again:
        # with the client's 100 ms, 500 orders/s took 101 ms at the median, with 5 ms they take 43.
        "retry.backoff.ms": 5,
        "queue.buffering.max.messages": 1_000_000,
        "queue.buffering.max.kbytes": 1_048_576,
        "message.max.bytes": 1_114_124,
        "error_cb": on_error,
    }
