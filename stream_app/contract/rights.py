"""What each part of a deployment must be allowed in Kafka, and nothing beyond: the tables of docs/security.md."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from stream_app.contract.topics import Topics


class Role(StrEnum):
    """Who talks to Kafka; each can be a user of its own."""

    WORKER = "worker"
    API = "api"
    LOADER = "loader"
    SUBSCRIBER = "subscriber"
    OPERATOR = "operator"


class Resource(StrEnum):
    """What a right is about, as `kafka-acls` spells it."""

    TOPIC = "topic"
    GROUP = "group"
    TRANSACTIONAL_ID = "transactional-id"


@dataclass(frozen=True)
class Right:
    """One permission; Kafka gives Describe with each Read and Write."""

    resource: Resource
    name: str
    operation: str
    """As `kafka-acls` spells it."""
    purpose: str = ""
    is_prefix: bool = False
    """True when it covers every resource whose name begins so."""

    def __str__(self) -> str:
        return f"{self.operation} on {self.resource.replace('-', ' ')} {self.name}{'…' if self.is_prefix else ''}"


def rights_of(role: Role, topics: Topics, group: str) -> tuple[Right, ...]:
    """Return a role's rights; a subscriber's group is its own, every other group is the workers'.

    >>> [str(right) for right in rights_of(Role.LOADER, Topics("shop-a."), "g")]
    ['Write on topic shop-a.orders.v1']
    """
    if role is Role.WORKER:
        return _worker(topics, group)
    if role is Role.OPERATOR:
        return _operator(topics, group)
    return {Role.API: _api, Role.LOADER: _loader, Role.SUBSCRIBER: _subscriber}[role](topics)


def _topic(name: str, operation: str, purpose: str) -> Right:
    return Right(Resource.TOPIC, name, operation, purpose)


def _worker(topics: Topics, group: str) -> tuple[Right, ...]:
    return (
        _topic(topics.orders, "Read", "read orders, and commit how far"),
        _topic(topics.control, "Read", "read promotions and what operators say"),
        _topic(topics.state, "Read", "restore a partition"),
        _topic(topics.state, "Write", "keep the states"),
        _topic(topics.changes, "Write", "publish segment changes"),
        _topic(topics.dead_letters, "Write", "park what cannot be accepted"),
        Right(Resource.GROUP, group, "Read", "share the partitions with the other workers"),
        Right(
            Resource.TRANSACTIONAL_ID, f"{group}-", "Write", "commit a chunk in one transaction; fence what died",
            is_prefix=True,
        ),
    )  # fmt: skip


def _api(topics: Topics) -> tuple[Right, ...]:
    return (
        _topic(topics.orders, "Describe", "say how far the workers are behind"),
        _topic(topics.control, "Read", "know which model is live"),
        _topic(topics.changes, "Read", "send changes to clients"),
    )


def _loader(topics: Topics) -> tuple[Right, ...]:
    return (_topic(topics.orders, "Write", "send orders: a shop, or `segstream load`"),)


def _subscriber(topics: Topics) -> tuple[Right, ...]:
    return (
        _topic(topics.changes, "Read", "read segment changes"),
        Right(Resource.GROUP, "<its own>", "Read", "remember how far"),
    )


def _operator(topics: Topics, group: str) -> tuple[Right, ...]:
    every = [topic.name for topic in topics.definitions()]
    return (
        *(_topic(name, "Create", "`segstream topics create`") for name in every),
        *(_topic(name, "DescribeConfigs", "`segstream topics check`, `doctor`") for name in every),
        *(_topic(name, "AlterConfigs", "`segstream topics mend`") for name in every),
        _topic(topics.control, "Read", "`segstream models`, `partitions`"),
        _topic(topics.control, "Write", "promote, resume, skip, erase: whoever has this chooses the model"),
        _topic(topics.orders, "Read", "`segstream train --from-topic`, `doctor`"),
        _topic(topics.orders, "Write", "ticks, loads and markers of erasures"),
        _topic(topics.changes, "Read", "`segstream tail`"),
        _topic(topics.state, "Describe", "`segstream topics check`"),
        _topic(topics.dead_letters, "Read", "`segstream dlq`"),
        _topic(topics.dead_letters, "Write", "`segstream dlq replay`: mark what was sent again"),
        Right(Resource.TRANSACTIONAL_ID, f"{topics.dead_letters}.replay", "Write", "`segstream dlq replay`"),
        Right(Resource.GROUP, group, "Describe", "`segstream doctor`, `dlq replay`"),
        *_replays(topics, group),
    )


def _replays(topics: Topics, group: str) -> tuple[Right, ...]:
    """Return what `segstream replay` needs for namespaces: their topics, groups and transactions."""
    names, groups = f"{topics.prefix}shadow.", f"{group}-shadow-"
    return (
        *(
            Right(Resource.TOPIC, names, operation, "`segstream replay`", is_prefix=True)
            for operation in ("Create", "Read", "Write", "Delete")
        ),
        *(
            Right(Resource.GROUP, groups, operation, "`segstream replay`", is_prefix=True)
            for operation in ("Read", "Delete")
        ),
        Right(Resource.TRANSACTIONAL_ID, groups, "Write", "`segstream replay`", is_prefix=True),
    )
