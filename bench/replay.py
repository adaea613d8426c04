"""A replay beside a worker: how fast it counts the same orders anew, and how long live orders take meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import psutil

from bench.contestant import last_words, running
from bench.crowd import Crowd
from bench.deployment import PARTITIONS, Deployment, Servers
from bench.rounds import say
from bench.segstream import Segstream
from bench.table import paired_table
from bench.throughput import stretch
from bench.workload import orders
from stream_app.local.child import Child
from stream_app.shadow.diff import Diff, half_of

INTO = "again"


def begun(contestant: Segstream, deployment: Deployment, *flags: str) -> Child:
    """Return a replay that has been started."""
    argv = [sys.executable, *contestant.program, "replay", "--into", INTO, *flags]
    env = {**os.environ, **contestant.environment(deployment)}
    return Child.start(argv, env=env, stdout=deployment.output)


def beside_live(ours: Sequence[Segstream], servers: Servers, number: int, rounds: int) -> tuple[str, str]:
    """Let a worker and then a replay count the same orders, and compare what they made of them."""
    results: dict[str, tuple[list[float], list[float]]] = {one.name: ([], []) for one in ours}
    for _ in range(rounds):
        for one in ours:
            live, replayed = _pair(one, servers, number)
            say(f"{one.name}: {live:,.0f} orders/s live, {replayed:,.0f} replayed")
            results[one.name][0].append(live)
            results[one.name][1].append(replayed)
    return f"orders/s of {number:,} orders, from the first tenth on", paired_table("live", "replayed", results)


def _pair(contestant: Segstream, servers: Servers, number: int) -> tuple[float, float]:
    deployment = Deployment(servers)
    deployment.fill(orders(number), contestant.codec)
    with running(contestant, deployment) as process:
        begin, end = stretch(process, deployment, number, lambda: contestant.processed(deployment))
    child = begun(contestant, deployment)
    first, last = stretch(psutil.Process(child.pid), deployment, number, lambda: _replayed(deployment))
    assert child.wait(60) == 0, last_words(deployment)
    found = Diff(half_of(deployment.settings, "live"), half_of(deployment.settings, INTO), None).run(lambda _: None)
    assert (found.different, found.customers > 0) == (0, True), found
    deployment.drop()
    return begin.orders_per_second(end), first.orders_per_second(last)


def _replayed(deployment: Deployment) -> int:
    settings = deployment.settings.within(INTO)
    keys = [f"{settings.redis_prefix}partition:{settings.topics.orders}:{p}" for p in range(PARTITIONS)]
    return sum(int(deployment.redis.hget(key, "source_position") or 0) for key in keys)


class Replaying:
    """Everything is counted anew, at the pace that a replay takes beside a live worker."""

    words = "customers who are counted anew"

    def __init__(self, contestant: Segstream) -> None:
        self._contestant = contestant
        self._child: Child | None = None

    def begin(self, deployment: Deployment, crowd: Crowd) -> None:  # noqa: ARG002  a burden like the others
        """Start it; its own start is a part of the burden."""
        self._child = begun(self._contestant, deployment)

    def is_over(self, deployment: Deployment, crowd: Crowd) -> bool:  # noqa: ARG002
        """Tell whether its process has ended."""
        return self._child is not None and self._child.poll() is not None

    def check(self, deployment: Deployment, crowd: Crowd) -> None:  # noqa: ARG002
        """It has ended in order."""
        assert self._child is not None
        assert self._child.wait(60) == 0, last_words(deployment)
