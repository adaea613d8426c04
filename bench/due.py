"""Due timers a second: a tick makes a whole crowd due at once, and everybody moves and is published."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from bench.contestant import running
from bench.crowd import Crowd
from bench.deployment import PARTITIONS, Deployment, Servers
from bench.figures import spread
from bench.partitions import due_at, wait_until, wait_until_ready
from bench.rounds import interleaved, say
from bench.segstream import Segstream
from bench.table import markdown
from bench.throughput import mark
from bench.workload import START
from stream_app.core.instants import instant_of
from stream_app.replay.send import Sender

READ = "read from Redis"
KEPT = "in the worker's memory"


@dataclass(frozen=True)
class Firing:
    """What one tick led to."""

    per_second: float
    cpu_us: float
    changes: int


def due_timers(ours: Sequence[Segstream], servers: Servers, number: int, rounds: int) -> tuple[str, str]:
    """Measure with the crowd's states in the worker's memory, and with a worker that has to read them."""
    arms = [(one, states) for one in ours for states in (READ, KEPT)]
    results: dict[tuple[str, str], list[Firing]] = {(one.name, states): [] for one, states in arms}
    for one, states in interleaved(arms, rounds):
        found = _firing(one, servers, number, states)
        say(f"{one.name}, states {states}: {found.per_second:,.0f} due timers/s")
        results[one.name, states].append(found)
    return f"{number:,} customers due at one instant", _table(results)


def _firing(contestant: Segstream, servers: Servers, number: int, states: str) -> Firing:
    deployment = Deployment(servers, cached_customers=2 * number)
    crowd = Crowd(number, START)
    deployment.fill(crowd.orders(), contestant.codec)
    with running(contestant, deployment) as process:
        wait_until(lambda: contestant.processed(deployment) == number, deployment)
        if states == KEPT:
            seconds, cpu = _tick(process, contestant, deployment, crowd)
    if states == READ:
        with running(contestant, deployment) as process:
            wait_until_ready(deployment)
            seconds, cpu = _tick(process, contestant, deployment, crowd)
    changes = crowd.check_moved(deployment)
    deployment.drop()
    return Firing(number / seconds, cpu / number * 1e6, changes)


def _tick(process: psutil.Process, contestant: Segstream, deployment: Deployment, crowd: Crowd) -> tuple[float, float]:
    """Return the seconds and the CPU seconds from a tick until Redis shows that it is done and nobody is due."""
    instant = instant_of(crowd.moves_at)
    sender = Sender(deployment.settings)
    assert due_at(deployment, instant) == crowd.number, "not everybody is due at one instant"
    begin, began = mark(process, 0), time.perf_counter()
    sender.tick(instant)
    done = crowd.number + PARTITIONS
    wait_until(
        lambda: contestant.processed(deployment) == done and due_at(deployment, instant) == 0, deployment, every=0.01
    )
    return time.perf_counter() - began, mark(process, crowd.number).cpu_seconds - begin.cpu_seconds


def _table(results: dict[tuple[str, str], list[Firing]]) -> str:
    rows = [
        (
            name,
            states,
            spread([one.per_second for one in found]),
            spread([one.cpu_us for one in found], 1),
            f"{found[-1].changes:,}",
        )
        for (name, states), found in results.items()
    ]
    return markdown(("", "states", "due timers/s", "CPU µs per timer", "changes"), rows)
