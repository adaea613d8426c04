"""The five topics: their names, settings and how a record finds its partition."""

from __future__ import annotations

from dataclasses import dataclass

MAX_RECORD_BYTES = 1_048_588
"""Kafka's own default for max.message.bytes: the largest order a broker accepts."""

DEAD_LETTER_HEADROOM_BYTES = 65_536
"""A dead letter is its order plus our headers: without this room a record of maximum size could never be parked."""

SEALED_BYTES = 90
"""max.message.bytes of an orders topic that is sealed: no order, tick or marker of an erasure is so small, and the
markers that end transactions, of 78 bytes, are."""

DAY_MS = 86_400_000


@dataclass(frozen=True)
class Topic:
    """One topic as `segstream topics create` makes it and `topics check` wants it."""

    name: str
    config: dict[str, str]
    is_partitioned: bool = True
    """False for the control topic, which has one partition whatever the others have."""


@dataclass(frozen=True)
class Topics:
    """The names of a deployment's topics, all under one prefix.

    A namespace has all of them for itself but the orders, which it shares with the live deployment.

    >>> Topics("shop-a.").orders
    'shop-a.orders.v1'
    >>> Topics("shop-a.", "check").state
    'shop-a.shadow.check.customer-state.v1'
    """

    prefix: str = ""
    namespace: str = ""

    @property
    def live(self) -> Topics:
        """The names of the deployment whose orders these are."""
        return Topics(self.prefix)

    @property
    def own(self) -> str:
        """What stands in front of the names that no other namespace shares."""
        return f"{self.prefix}shadow.{self.namespace}." if self.namespace else self.prefix

    @property
    def orders(self) -> str:
        """Where shops publish orders."""
        return f"{self.prefix}orders.v1"

    @property
    def changes(self) -> str:
        """Where segment changes appear."""
        return f"{self.own}segment-changes.v1"

    @property
    def state(self) -> str:
        """The changelog: every customer's newest state, compacted."""
        return f"{self.own}customer-state.v1"

    @property
    def dead_letters(self) -> str:
        """Orders that can never be accepted."""
        return f"{self.own}orders.v1.dead-letters"

    @property
    def control(self) -> str:
        """What operators say to all workers."""
        return f"{self.own}segment-control.v1"

    def definitions(self) -> tuple[Topic, ...]:
        """Return all five topics with the settings the guarantees rest on."""
        forever = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
        return (
            Topic(
                self.orders,
                {
                    **forever,
                    "message.timestamp.type": "LogAppendTime",
                    "max.message.bytes": str(MAX_RECORD_BYTES),
                },
            ),
            Topic(self.changes, {"cleanup.policy": "delete", "retention.ms": str(30 * DAY_MS)}),
            Topic(
                self.state,
                {
                    "cleanup.policy": "compact",
                    "max.message.bytes": str(MAX_RECORD_BYTES),
                    "max.compaction.lag.ms": str(7 * DAY_MS),
                    "delete.retention.ms": str(7 * DAY_MS),
                    "segment.ms": str(DAY_MS),
                },
            ),
            Topic(
                self.dead_letters,
                {**forever, "max.message.bytes": str(MAX_RECORD_BYTES + DEAD_LETTER_HEADROOM_BYTES)},
            ),
            Topic(self.control, forever, is_partitioned=False),
        )
