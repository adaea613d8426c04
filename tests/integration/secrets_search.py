"""Looks for secrets wherever a running deployment could have let them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from redis import Redis

from tests.integration.deployment import Deployment
from tests.integration.reading import read_all


def places_with(secrets: Iterable[str], places: Iterable[tuple[str, bytes]]) -> set[tuple[str, str]]:
    """Return each place in which a secret was found, with the secret."""
    wanted = [(secret, secret.encode()) for secret in secrets]
    return {(name, secret) for name, content in places for secret, raw in wanted if raw in content}


def topics_of(deployment: Deployment) -> Iterator[tuple[str, bytes]]:
    """Yield the committed content of every topic, headers and keys included."""
    topics = deployment.topics
    partitioned = [topics.orders, topics.changes, topics.state, topics.dead_letters]
    found = read_all(deployment.settings, partitioned, deployment.partitions)
    found |= read_all(deployment.settings, [topics.control], 1)
    for name, partitions in found.items():
        yield name, repr(partitions).encode()


def keys_of(redis: Redis) -> Iterator[tuple[str, bytes]]:
    """Yield every key's name and serialized value."""
    for key in redis.scan_iter("*", 1_000):
        yield f"Redis key {key!r}", key + (redis.dump(key) or b"")


def command_line_of(pid: int) -> tuple[str, bytes]:
    """Return a process' words, as everybody on the machine sees them."""
    return f"command line of {pid}", Path(f"/proc/{pid}/cmdline").read_bytes()
