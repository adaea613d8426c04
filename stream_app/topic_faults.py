"""What is wrong with a deployment's topics, judged from what was seen: shared by `topics check` and `doctor`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stream_app.contract.topics import SEALED_BYTES, Topic, Topics

PARTITIONS = 12
"""What `segstream topics create` makes when nobody says otherwise."""


@dataclass(frozen=True)
class SeenTopic:
    """One topic as the brokers describe it."""

    partitions: int
    replication: int = 1
    """Replicas of the partition that has the fewest."""
    leaderless: tuple[int, ...] = ()
    """Partitions that no broker leads: they can be neither read nor written."""
    config: Mapping[str, str] | None = None
    """None when this client may not see it."""


@dataclass(frozen=True)
class TopicFault:
    """One thing that is wrong with a topic, and the command that mends it."""

    topic: str
    says: str
    mend: str
    key: str = ""
    """The setting that is wrong; empty when it is something else."""
    wanted: str = ""

    def __str__(self) -> str:
        return f"{self.says} {self.mend}"


def topic_faults(topics: Topics, seen: Mapping[str, SeenTopic]) -> list[TopicFault]:
    """Return what keeps the topics from carrying the guarantees, the worst first; empty when all is well."""
    definitions = topics.definitions()
    orders = seen.get(topics.orders)
    faults = [_missing(topic, orders) for topic in definitions if topic.name not in seen]
    there = [topic for topic in definitions if topic.name in seen]
    if orders is not None:
        for topic in there:
            faults += _count(topic, seen[topic.name].partitions, orders.partitions if topic.is_partitioned else 1)
    for topic in there:
        faults += _settings(topic, seen[topic.name].config or {})
    return faults


def _missing(topic: Topic, orders: SeenTopic | None) -> TopicFault:
    count = f" --partitions {orders.partitions}" if orders is not None else ""
    return TopicFault(topic.name, f"{topic.name} is missing.", f"Run: segstream topics create{count}")


def _count(topic: Topic, found: int, expected: int) -> Iterator[TopicFault]:
    if found != expected:
        yield TopicFault(
            topic.name,
            f"{topic.name} has {found} partitions instead of {expected}.",
            "Before the first order: delete the topic and run segstream topics create"
            f" --partitions {expected if topic.is_partitioned else PARTITIONS}."
            " Later: start anew under another SEGSTREAM_TOPIC_PREFIX.",
        )


def _settings(topic: Topic, config: Mapping[str, str]) -> Iterator[TopicFault]:
    for key, wanted in sorted(topic.config.items()):
        if key == "max.message.bytes" and config.get(key) == str(SEALED_BYTES):
            # No key: `topics mend` would let orders in that no copy has.
            yield TopicFault(
                topic.name,
                f"{topic.name} is sealed: the brokers refuse every order.",
                "If no copy of it is to take its place: segstream topics repartition unseal",
            )
        elif key in config and config[key] != wanted:
            yield TopicFault(
                topic.name,
                f"{topic.name}: {key} is {config[key]} instead of {wanted}.",
                "Run: segstream topics mend",
                key,
                wanted,
            )
