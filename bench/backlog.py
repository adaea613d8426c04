"""How long orders take while a backlog of timers is worked off, beside how long they take otherwise."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bench.contestant import running
from bench.crowd import Crowd
from bench.deployment import Deployment, Servers
from bench.figures import paired_ratios, percentile, spread
from bench.latency import WARM_UP_SECONDS, Reader, newcomers
from bench.latency import Sender as Shop
from bench.partitions import due_at, wait_until
from bench.rounds import interleaved, say
from bench.segstream import Segstream
from bench.table import markdown
from stream_app.core.instants import instant_of
from stream_app.replay.send import Sender

RATE = 1_000
MOST_SECONDS = 120.0
AHEAD = timedelta(hours=1)
"""The tick goes so far ahead of the time of day, which the shop's orders bear: none of them makes the crowd due."""


@dataclass(frozen=True)
class Stretches:
    """Percentiles in milliseconds before the tick and until nobody was due, and how long that was."""

    normal_p50: float
    normal_p99: float
    backlog_p50: float
    backlog_p99: float
    seconds: float


def backlog_latency(
    ours: Sequence[Segstream], servers: Servers, number: int, seconds: float, rounds: int
) -> tuple[str, str]:
    """Measure both stretches in one deployment, one after the other."""
    results: dict[str, list[Stretches]] = {one.name: [] for one in ours}
    for one in interleaved(ours, rounds):
        found = _stretches(one, servers, number, seconds)
        say(f"{one.name}: p99 of {found.normal_p99:.0f} ms, {found.backlog_p99:.0f} ms beside the backlog")
        results[one.name].append(found)
    return f"{RATE:,} orders/s of new customers beside a backlog of {number:,} timers", _table(results)


def _stretches(contestant: Segstream, servers: Servers, number: int, seconds: float) -> Stretches:
    deployment = Deployment(servers)
    crowd = Crowd.moving_at(datetime.now(UTC) + AHEAD, number)
    deployment.fill(crowd.orders(), contestant.codec)
    shop = Shop(deployment)
    with running(contestant, deployment), Reader(deployment) as reader:
        wait_until(lambda: contestant.processed(deployment) == number, deployment)
        reader.milliseconds(shop.send(newcomers("W"), RATE, WARM_UP_SECONDS))
        normal = shop.send(newcomers("A"), RATE, seconds)
        assert due_at(deployment, instant_of(crowd.moves_at)) == number, "not everybody is due at the tick"
        began = time.perf_counter()
        Sender(deployment.settings).tick(instant_of(crowd.moves_at))
        beside = shop.send(newcomers("B"), RATE, MOST_SECONDS, _nobody_due(deployment, crowd))
        took = time.perf_counter() - began
        first, second = reader.milliseconds(normal), reader.milliseconds(beside)
    crowd.check_moved(deployment)
    deployment.drop()
    return Stretches(*_p50_p99(first), *_p50_p99(second), took)


def _nobody_due(deployment: Deployment, crowd: Crowd) -> Callable[[], bool]:
    """Return a question that asks Redis ten times a second at most."""
    asked_at = 0.0

    def is_gone() -> bool:
        nonlocal asked_at
        if time.perf_counter() - asked_at < 0.1:
            return False
        asked_at = time.perf_counter()
        return due_at(deployment, instant_of(crowd.moves_at)) == 0

    return is_gone


def _p50_p99(values: list[float]) -> tuple[float, float]:
    return percentile(values, 0.5), percentile(values, 0.99)


def _table(results: dict[str, list[Stretches]]) -> str:
    head = ("", "p50 ms", "p99 ms", "p50 ms beside it", "p99 ms beside it", "ratio of the p99", "seconds")
    return markdown(head, [(name, *_cells(found)) for name, found in results.items()])


def _cells(found: list[Stretches]) -> tuple[str, ...]:
    normal, beside = [one.normal_p99 for one in found], [one.backlog_p99 for one in found]
    return (
        spread([one.normal_p50 for one in found]),
        spread(normal),
        spread([one.backlog_p50 for one in found]),
        spread(beside),
        spread(paired_ratios(beside, normal), 2),
        spread([one.seconds for one in found], 1),
    )
