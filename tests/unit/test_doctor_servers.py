"""What the doctor says of brokers, topics and Redis, given what it saw of them."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError

from stream_app.contract.topics import Topics
from stream_app.doctor.facts import Endpoint, KafkaFacts, Reach, RedisFacts, Refusal, Refused, TopicFacts
from stream_app.doctor.finding import Finding, Status
from stream_app.doctor.judge.kafka import judge_kafka
from stream_app.doctor.judge.redis import judge_redis
from stream_app.doctor.judge.topics import judge_topics
from stream_app.doctor.look.conversation import why_refused
from stream_app.doctor.look.reach import knock_all
from stream_app.local.ports import free_ports
from stream_app.topic_faults import SeenTopic

HERE = Endpoint("localhost:9092", Reach.OPEN)
HEALTHY = KafkaFacts((HERE,), cluster_id="c1", brokers={1: HERE}, defaults={"offsets.topic.replication.factor": "1"})


def the(findings: Iterable[Finding], check: str) -> Finding:
    """Return the one finding of a check."""
    (finding,) = [finding for finding in findings if finding.check == check]
    return finding


def bad(findings: Iterable[Finding]) -> dict[str, str]:
    """Return the mends of what is not well, by check."""
    return {f.check: f.mend for f in findings if f.status in (Status.PROBLEM, Status.WARNING)}


def test_healthy_brokers_are_only_praised() -> None:
    assert {finding.status for finding in judge_kafka(HEALTHY)} == {Status.OK}


@pytest.mark.parametrize(
    ("reach", "says", "mend"),
    [
        (Reach.REFUSED, "Nothing listens at kafka:9092", "docker compose up -d kafka"),
        (Reach.NO_NAME, "kafka is a name that this machine does not know", "localhost:9092"),
        (Reach.SILENT, "kafka:9092 does not answer", "nc -vz kafka 9092"),
    ],
)
def test_a_closed_door_is_named_by_how_it_is_closed(reach: Reach, says: str, mend: str) -> None:
    finding = the(judge_kafka(KafkaFacts((Endpoint("kafka:9092", reach),))), "kafka.reachable")

    assert finding.status is Status.PROBLEM
    assert says in finding.says
    assert mend in finding.mend


def test_localhost_inside_a_container_is_the_container() -> None:
    closed = Endpoint("localhost:9092", Reach.REFUSED)

    said = the(judge_kafka(KafkaFacts((closed,), is_in_container=True)), "kafka.reachable")

    assert "the container itself" in said.mend
    assert "kafka:19092" in said.mend


def test_one_dead_server_of_two_is_a_warning() -> None:
    facts = replace(HEALTHY, bootstrap=(HERE, Endpoint("b:9092", Reach.REFUSED)))

    found = [finding.status for finding in judge_kafka(facts) if finding.check == "kafka.reachable"]

    assert found == [Status.WARNING, Status.OK]


@pytest.mark.parametrize(
    ("reach", "fate"),
    [(Reach.NO_NAME, "does not know"), (Reach.REFUSED, "where nothing listens"), (Reach.SILENT, "does not answer")],
)
def test_an_advertised_address_that_cannot_be_reached_is_compared_with_the_bootstrap(reach: Reach, fate: str) -> None:
    facts = replace(
        HEALTHY, bootstrap=(Endpoint("shop:9092", Reach.OPEN),), brokers={7: Endpoint("kafka:19092", reach)}
    )

    finding = the(judge_kafka(facts), "kafka.advertised")

    assert finding.status is Status.PROBLEM
    assert "shop:9092 answers" in finding.says
    assert "broker 7 advertises: kafka:19092" in finding.says
    assert fate in finding.says
    assert "advertised.listeners=PLAINTEXT://shop:9092" in finding.mend
    assert not facts.is_usable


def test_one_broker_with_three_replicas_of_the_groups_topic_is_a_trap() -> None:
    trapped = replace(HEALTHY, defaults={"transaction.state.log.replication.factor": "3"})

    assert bad(judge_kafka(trapped)) == {
        "kafka.internal-topics": "Set transaction.state.log.replication.factor=1 on the brokers and restart them."
    }
    assert bad(judge_kafka(replace(trapped, internal_topics=frozenset({"__transaction_state"})))) == {}


def test_settings_that_may_not_be_seen_are_not_guessed() -> None:
    assert the(judge_kafka(replace(HEALTHY, defaults={})), "kafka.internal-topics").status is Status.SKIPPED


@pytest.mark.parametrize(
    ("code", "said", "why", "mend"),
    [
        (
            KafkaError._AUTHENTICATION,
            "sasl_plaintext://b:1/bootstrap: SASL authentication error: wrong password (after 301ms in state AUTH_REQ)",
            Refusal.LOGIN,
            "KAFKA_SASL_PASSWORD",
        ),
        (
            KafkaError._AUTHENTICATION,
            "sasl://b:1/bootstrap: Unsupported SASL mechanism: broker's supported mechanisms: PLAIN"
            " (after 1ms in state AUTH_HANDSHAKE)",
            Refusal.LOGIN,
            "Set KAFKA_SASL_MECHANISM to what it supports: PLAIN",
        ),
        (
            KafkaError._AUTHENTICATION,
            "x://b:1/1: Request not valid in current SASL state: broker's supported mechanisms: (after 1ms in state X)",
            Refusal.LOGIN,
            "KAFKA_SECURITY_PROTOCOL=PLAINTEXT",
        ),
        (
            KafkaError._TRANSPORT,
            "ssl://b:1/bootstrap: SSL handshake failed: connecting to a PLAINTEXT listener? (after 0ms in state S)",
            Refusal.TLS,
            "KAFKA_SECURITY_PROTOCOL=PLAINTEXT",
        ),
        (
            KafkaError._SSL,
            "ssl://b:1/bootstrap: SSL handshake failed: certificate verify failed (after 3ms in state SSL_HANDSHAKE)",
            Refusal.TLS,
            "KAFKA_SSL_CA_LOCATION",
        ),
        (KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down", Refusal.MUTE, "SASL_SSL"),
    ],
)
def test_a_refused_conversation_is_told_apart_and_mended(code: int, said: str, why: Refusal, mend: str) -> None:
    refused = why_refused([(code, said)])

    finding = the(judge_kafka(KafkaFacts((HERE,), refused=refused)), "kafka.login")
    assert refused.why is why
    assert finding.status is Status.PROBLEM
    assert mend in finding.mend
    assert "in state" not in finding.says


def test_of_several_complaints_the_one_that_tells_most_is_kept() -> None:
    refused = why_refused(
        [
            (KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down"),
            (KafkaError._TRANSPORT, "ssl://b:1/1: Disconnected: SSL connection closed by peer"),
            (KafkaError._TRANSPORT, "ssl://b:1/1: SSL handshake failed: connecting to a PLAINTEXT broker listener?"),
        ]
    )

    assert refused == Refused(Refusal.TLS, "SSL handshake failed: connecting to a PLAINTEXT broker listener?")


def test_knocking_tells_how_each_address_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        (closed,) = free_ports(1)
        port = server.getsockname()[1]

        found = knock_all([f"127.0.0.1:{port}", f"127.0.0.1:{closed}", "nowhere.invalid:9092", f"unix:{tmp_path}/none"])

    assert [endpoint.reach for endpoint in found] == [Reach.OPEN, Reach.REFUSED, Reach.NO_NAME, Reach.REFUSED]
    assert [endpoint.host for endpoint in found[:3]] == ["127.0.0.1", "127.0.0.1", "nowhere.invalid"]


def all_topics(**changes: Any) -> dict[str, SeenTopic]:
    """Return the five topics as `topics create` makes them, each with these changes."""
    return {
        topic.name: SeenTopic(**({"partitions": 4 if topic.is_partitioned else 1, "config": topic.config} | changes))
        for topic in Topics().definitions()
    }


def test_topics_as_they_are_created_are_well() -> None:
    assert bad(judge_topics(Topics(), TopicFacts(all_topics()))) == {}


def test_a_missing_topic_is_created_with_the_partitions_of_the_others() -> None:
    seen = all_topics()
    del seen["customer-state.v1"]

    finding = the(judge_topics(Topics(), TopicFacts(seen)), "topics.exist")

    assert finding.says == "customer-state.v1 is missing."
    assert finding.mend == "Run: segstream topics create --partitions 4"


def test_when_none_exists_it_is_one_line() -> None:
    (finding,) = judge_topics(Topics("shop."), TopicFacts({}))

    assert "shop.orders.v1" in finding.says
    assert "SEGSTREAM_TOPIC_PREFIX" in finding.mend


def test_unequal_partition_counts_are_found() -> None:
    seen = all_topics() | {"segment-changes.v1": SeenTopic(6, config={}), "segment-control.v1": SeenTopic(2, config={})}

    found = [f for f in judge_topics(Topics(), TopicFacts(seen)) if f.check == "topics.exist"]

    assert [f.says for f in found] == [
        "segment-changes.v1 has 6 partitions instead of 4.",
        "segment-control.v1 has 2 partitions instead of 1.",
    ]
    assert "--partitions 4" in found[0].mend


def test_a_wrong_setting_names_value_wish_and_command() -> None:
    orders = Topics().definitions()[0]
    seen = all_topics() | {"orders.v1": SeenTopic(4, config=orders.config | {"retention.ms": "604800000"})}

    finding = the(judge_topics(Topics(), TopicFacts(seen)), "topics.settings")

    assert finding.says == "orders.v1: retention.ms is 604800000 instead of -1."
    assert finding.mend == "Run: segstream topics mend"


def test_hidden_settings_are_not_called_right() -> None:
    assert the(judge_topics(Topics(), TopicFacts(all_topics(config=None))), "topics.settings").status is Status.SKIPPED


@pytest.mark.parametrize(
    ("brokers", "changes", "status", "mend"),
    [
        (1, {}, Status.OK, ""),
        (3, {}, Status.WARNING, "--replication 3"),
        (3, {"replication": 3}, Status.OK, ""),
        (3, {"replication": 3, "config": {"min.insync.replicas": "1"}}, Status.WARNING, "min.insync.replicas=2"),
    ],
)
def test_one_copy_matters_where_there_are_more_brokers(
    brokers: int, changes: dict[str, Any], status: Status, mend: str
) -> None:
    finding = the(judge_topics(Topics(), TopicFacts(all_topics(**changes), brokers)), "topics.replicas")

    assert finding.status is status
    assert mend in finding.mend


def test_a_partition_without_a_leader_is_a_problem() -> None:
    seen = all_topics() | {"orders.v1": SeenTopic(4, leaderless=(2, 3), config={})}

    assert "no broker leads partitions 2, 3" in the(judge_topics(Topics(), TopicFacts(seen)), "topics.leaders").says


REDIS = RedisFacts(Endpoint("cache:7000", Reach.OPEN), version="7.2.4")


def test_a_sound_redis_is_only_praised() -> None:
    assert {finding.status for finding in judge_redis(REDIS)} == {Status.OK}


@pytest.mark.parametrize(
    ("changes", "check", "status", "mend"),
    [
        ({"version": "6.0.16"}, "redis.version", Status.PROBLEM, "Install Redis 6.2 or newer, or Valkey."),
        ({"mode": "cluster"}, "redis.primary", Status.PROBLEM, "one primary per deployment"),
        ({"role": "slave"}, "redis.primary", Status.PROBLEM, "REDIS_URL"),
        ({"eviction": "allkeys-lru"}, "redis.eviction", Status.PROBLEM,
         "redis-cli -h cache -p 7000 CONFIG SET maxmemory-policy noeviction"),
        ({"is_append_only": False}, "redis.persistence", Status.WARNING,
         "redis-cli -h cache -p 7000 CONFIG SET appendonly yes"),
        ({"failing_write": "snapshot"}, "redis.persistence", Status.PROBLEM, "BGSAVE"),
        ({"used_bytes": 85, "max_bytes": 100}, "redis.memory", Status.WARNING, "CONFIG SET maxmemory"),
        ({"used_bytes": 96, "max_bytes": 100}, "redis.memory", Status.PROBLEM, "CONFIG SET maxmemory"),
        ({"has_scripts": False}, "redis.scripts", Status.PROBLEM, "+@scripting"),
        ({"is_loading": True}, "redis.reachable", Status.PROBLEM, "Wait"),
        ({"refused": Refused(Refusal.LOGIN, "WRONGPASS")}, "redis.reachable", Status.PROBLEM, "user:password@host"),
        ({"refused": Refused(Refusal.TLS, "VERSION")}, "redis.reachable", Status.PROBLEM, "REDIS_SSL_CA_LOCATION"),
        ({"refused": Refused(Refusal.MUTE, "closed")}, "redis.reachable", Status.PROBLEM, "rediss://"),
        ({"endpoint": Endpoint("cache:7000", Reach.REFUSED)}, "redis.reachable", Status.PROBLEM, "segstream local"),
        ({"endpoint": Endpoint("cache:7000", Reach.NO_NAME)}, "redis.reachable", Status.PROBLEM, "REDIS_URL"),
        ({"endpoint": Endpoint("cache:7000", Reach.SILENT)}, "redis.reachable", Status.PROBLEM, "firewall"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_redis_has_its_line_and_its_mend(
    changes: dict[str, Any], check: str, status: Status, mend: str
) -> None:
    findings = list(judge_redis(replace(REDIS, **changes)))

    assert set(bad(findings)) == {check}
    assert the(findings, check).status is status
    assert mend in the(findings, check).mend


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"is_valkey": True, "version": "9.1.2"}, Status.OK),
        ({"version": "6.2.0"}, Status.OK),
        ({"version": "10.0"}, Status.OK),
    ],
)
def test_versions_from_redis_6_2_and_every_valkey_will_do(changes: dict[str, Any], status: Status) -> None:
    assert the(judge_redis(replace(REDIS, **changes)), "redis.version").status is status


def test_snapshots_persist_too_and_what_is_hidden_is_not_guessed() -> None:
    only_snapshots = replace(REDIS, is_append_only=False, snapshots="3600 1")

    assert the(judge_redis(only_snapshots), "redis.persistence").status is Status.OK
    assert the(judge_redis(replace(only_snapshots, snapshots=None)), "redis.persistence").status is Status.SKIPPED


def test_a_server_elsewhere_without_tls_is_not_asked_and_the_mend_is_named() -> None:
    refused = Refused(Refusal.PLAINTEXT, "Kafka at b is another machine.", "Set KAFKA_SECURITY_PROTOCOL to SASL_SSL.")
    there = Endpoint("b:9092", Reach.OPEN)

    kafka = bad(judge_kafka(KafkaFacts((there,), refused=refused)))
    redis = bad(judge_redis(RedisFacts(there, refused=refused)))

    assert kafka == {"kafka.login": refused.mend}
    assert redis == {"redis.reachable": refused.mend}
