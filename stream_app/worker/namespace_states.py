"""What a namespace holds of the customers that a live partition takes over from it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from redis.commands.core import Script

from stream_app.core.errors import PartitionWaits
from stream_app.core.rfm import RfmState
from stream_app.core.state_record import decode_customer
from stream_app.settings import Settings
from stream_app.worker.adopting import Adopting
from stream_app.worker.place import Place
from stream_app.worker.store import Store


class NamespaceAway(PartitionWaits):
    """The namespace that a partition takes over is not whole in Redis, or not at the barrier any more."""

    def __init__(self, namespace: str, partition: int) -> None:
        super().__init__(
            f"Namespace {namespace} is not whole in Redis, and partition {partition} takes it over.",
            f"Run: segstream replay --into {namespace}. It restores what its topics hold.",
            code="NAMESPACE_AWAY",
        )


class NamespaceStates:
    """Reads Redis; raises NamespaceAway, and OutageError when Redis does not answer."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._states = store.script("adopt")
        self._walk = store.script("adopt_walk")

    def states(self, partition: int, adopting: Adopting, ids: Sequence[str]) -> dict[str, RfmState]:
        """Return the states of those of the customers whom the namespace knows."""
        prefix = f"{self._prefix(adopting)}customer:"
        records: list[bytes | None] = self._ask(self._states, partition, adopting, prefix, *ids)
        return {
            customer_id: decode_customer(record).rfm
            for customer_id, record in zip(ids, records, strict=True)
            if record is not None
        }

    def require(self, given_up: Container[int], partition: int, adopting: Adopting | None) -> None:
        """Raise NamespaceAway when a partition is in a swap and could not go on with it, unless that is given up."""
        if adopting is not None and adopting.terms.id not in given_up:
            self.states(partition, adopting, ())

    def walk(self, partition: int, adopting: Adopting, behind: Place, size: int) -> list[Place]:
        """Return the places of the customers that follow one in the namespace's due index."""
        told = [each.decode() for each in self._ask(self._walk, partition, adopting, *behind, size)]
        return [Place(due, customer_id) for customer_id, due in zip(told[::2], told[1::2], strict=True)]

    def _prefix(self, adopting: Adopting) -> str:
        return self._settings.within(adopting.namespace).redis_prefix

    def _ask(self, script: Script, partition: int, adopting: Adopting, *values: Any) -> Any:
        prefix, topic = self._prefix(adopting), self._settings.topics.orders
        keys = [f"{prefix}{kind}:{topic}:{partition}" for kind in ("partition", "due")]
        status, *found = self._store.ask(script, keys, adopting.barrier, *values)
        if status != b"OK":
            raise NamespaceAway(adopting.namespace, partition)
        return found[0]
