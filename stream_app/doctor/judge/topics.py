"""Judges the topics: there, fitting together, set as the guarantees need, and safe from the loss of a broker."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.contract.topics import Topics
from stream_app.doctor.facts import TopicFacts
from stream_app.doctor.finding import Finding, counted, ok, partitions, problem, skipped, warning
from stream_app.topic_faults import TopicFault, topic_faults

EXIST, SETTINGS, REPLICAS, LEADERS = "topics.exist", "topics.settings", "topics.replicas", "topics.leaders"


def judge_topics(topics: Topics, facts: TopicFacts) -> Iterator[Finding]:
    """Yield what is to be said of the topics."""
    faults = topic_faults(topics, facts.seen)
    yield from _shape(topics, facts, [fault for fault in faults if not fault.key])
    if not facts.seen:
        return
    yield from _settings(facts, [fault for fault in faults if fault.key])
    yield from _leaders(facts)
    yield _replicas(facts)


def _shape(topics: Topics, facts: TopicFacts, faults: list[TopicFault]) -> Iterator[Finding]:
    if not facts.seen:
        yield problem(
            EXIST,
            f"None of the five topics exists: not even {topics.orders}.",
            "Run: segstream topics create; if they have another prefix: set SEGSTREAM_TOPIC_PREFIX",
        )
        return
    for fault in faults:
        yield problem(EXIST, fault.says, fault.mend)
    if not faults:
        count = counted(facts.seen[topics.orders].partitions, "partition")
        yield ok(EXIST, f"All five exist, with {count}.")


def _settings(facts: TopicFacts, faults: list[TopicFault]) -> Iterator[Finding]:
    for fault in faults:
        yield problem(SETTINGS, fault.says, fault.mend)
    hidden = sorted(name for name, topic in facts.seen.items() if topic.config is None)
    if hidden:
        yield skipped(SETTINGS, f"this client may not see the settings of {', '.join(hidden)}")
    elif not faults:
        yield ok(SETTINGS, "Their settings are as the guarantees need them.")


def _leaders(facts: TopicFacts) -> Iterator[Finding]:
    for name, topic in sorted(facts.seen.items()):
        if topic.leaderless:
            yield problem(
                LEADERS,
                f"{name}: no broker leads {partitions(topic.leaderless)}, so nothing can be read or written there.",
                "Start the broker that holds it, and look at its log.",
            )


def _replicas(facts: TopicFacts) -> Finding:
    alone = sorted(name for name, topic in facts.seen.items() if topic.replication < 2)
    if facts.brokers == 1:
        return ok(REPLICAS, "One broker, so one copy of everything: keep backups, or add brokers.")
    if alone:
        return warning(
            REPLICAS,
            f"{', '.join(alone)}: one copy on a cluster of {facts.brokers} brokers. A lost broker loses orders.",
            "Add replicas with kafka-reassign-partitions.sh; a new deployment: segstream topics create --replication 3",
        )
    weak = sorted(name for name, topic in facts.seen.items() if _min_isr(topic.config) < 2)
    if weak:
        return warning(
            REPLICAS,
            f"{', '.join(weak)}: min.insync.replicas is 1, so the loss of one broker can lose what was confirmed.",
            f"For each run: kafka-configs.sh --bootstrap-server {facts.bootstrap_servers} --alter"
            f" --entity-type topics --entity-name {weak[0]} --add-config min.insync.replicas=2",
        )
    return ok(REPLICAS, "Every topic has a second copy.")


def _min_isr(config: object) -> int:
    return int(config.get("min.insync.replicas", "2")) if isinstance(config, dict) else 2
