"""What a customer takes: bytes in Redis and in the changelog, and seconds to read a million back into Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.contestant import running
from bench.crowd import Crowd
from bench.deployment import Deployment, Servers
from bench.figures import spread
from bench.partitions import customers, wait_until, wait_until_ready
from bench.rounds import interleaved, say
from bench.segstream import Segstream
from bench.table import markdown
from bench.workload import START, orders

MILLION = 1_000_000
ONE_ORDER = "one order of three lines"
SHOP = "a shop's year"


@dataclass(frozen=True)
class Size:
    """What the customers of one run came to."""

    orders_each: float
    redis_bytes: float
    state_bytes: float
    restore_seconds_per_million: float


def sizes(ours: Sequence[Segstream], servers: Servers, number: int, rounds: int) -> tuple[str, str]:
    """Measure customers with one order each, and those of the workload."""
    arms = [(one, shop) for one in ours for shop in (ONE_ORDER, SHOP)]
    results: dict[tuple[str, str], list[Size]] = {(one.name, shop): [] for one, shop in arms}
    for one, shop in interleaved(arms, rounds):
        found = _size(one, servers, number, shop)
        say(f"{one.name}, {shop}: {found.restore_seconds_per_million:,.0f} s to restore a million customers")
        results[one.name, shop].append(found)
    return f"What a customer takes, {number:,} orders", _table(results)


def _size(contestant: Segstream, servers: Servers, number: int, shop: str) -> Size:
    deployment = Deployment(servers)
    # What the run before left is freed in the background otherwise, and would count here.
    deployment.redis.execute_command("FLUSHALL", "SYNC")
    before = _used(deployment)
    deployment.fill(_orders(shop, number), contestant.codec)
    with running(contestant, deployment):
        wait_until(lambda: contestant.processed(deployment) == number, deployment)
    found = customers(deployment)
    redis_bytes = _used(deployment) - before
    as_it_was = _seconds_to_start(contestant, deployment)
    deployment.redis.flushall()
    restoring = _seconds_to_start(contestant, deployment) - as_it_was
    assert customers(deployment) == found, "not everybody came back"
    state_bytes = sum(_newest(deployment).values())
    deployment.drop()
    return Size(number / found, redis_bytes / found, state_bytes / found, restoring / found * MILLION)


def _orders(shop: str, number: int) -> Iterator[tuple[bytes, bytes]]:
    return Crowd(number, START).orders() if shop == ONE_ORDER else orders(number)


def _used(deployment: Deployment) -> int:
    return int(deployment.redis.info("memory")["used_memory"])


def _newest(deployment: Deployment) -> dict[bytes, int]:
    """Return the size of the newest record of each key of the changelog: what compaction leaves, uncompressed."""
    committed = deployment.committed(deployment.settings.topics.state)
    return {key: len(key) + len(value or b"") for key, value in committed}


def _seconds_to_start(contestant: Segstream, deployment: Deployment) -> float:
    began = time.perf_counter()
    with running(contestant, deployment):
        wait_until_ready(deployment)
        return time.perf_counter() - began


def _table(results: dict[tuple[str, str], list[Size]]) -> str:
    head = ("", "customers with", "orders each", "bytes in Redis", "bytes in the changelog", "s to restore a million")
    rows = [
        (
            name, shop, f"{runs[-1].orders_each:.1f}", spread([run.redis_bytes for run in runs]),
            spread([run.state_bytes for run in runs]), spread([run.restore_seconds_per_million for run in runs]),
        )
        for (name, shop), runs in results.items()
    ]  # fmt: skip
    return markdown(head, rows)
