"""How long orders take while the worker has something else to do, beside how long they take otherwise."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec.structs import replace

from bench.contestant import running
from bench.crowd import Crowd, read_step
from bench.deployment import Deployment, Servers
from bench.figures import paired_ratios, percentile, spread
from bench.latency import WARM_UP_SECONDS, Reader, newcomers
from bench.latency import Sender as Shop
from bench.partitions import due_at, metas, wait_until
from bench.rounds import interleaved, say
from bench.segstream import Segstream
from bench.table import markdown
from bench.workload import model
from stream_app.core.instants import instant_of
from stream_app.operators import promote
from stream_app.replay.send import Sender

RATE = 1_000
MOST_SECONDS = 120.0
AHEAD = timedelta(hours=1)
"""The tick goes so far ahead of the time of day, which the shop's orders bear: none of them makes the crowd due."""


@dataclass(frozen=True)
class Stretches:
    """Percentiles in milliseconds before it began and until it was over, and how long that was."""

    normal_p50: float
    normal_p99: float
    beside_p50: float
    beside_p99: float
    seconds: float


class Burden(Protocol):
    """What the worker has to do beside the orders."""

    words: str

    def begin(self, deployment: Deployment, crowd: Crowd) -> None:
        """Let it begin."""

    def is_over(self, deployment: Deployment, crowd: Crowd) -> bool:
        """Ask Redis whether it is done."""

    def check(self, deployment: Deployment, crowd: Crowd) -> None:
        """Raise AssertionError unless it did what it should."""


class TimerBacklog:
    """Everybody in the crowd falls due at once."""

    words = "timers"

    def begin(self, deployment: Deployment, crowd: Crowd) -> None:
        """Let the clock jump to the instant at which time moves them."""
        assert due_at(deployment, instant_of(crowd.moves_at)) == crowd.number, "not everybody is due at the tick"
        Sender(deployment.settings).tick(instant_of(crowd.moves_at))

    def is_over(self, deployment: Deployment, crowd: Crowd) -> bool:
        """Tell whether nobody is due any more."""
        return due_at(deployment, instant_of(crowd.moves_at)) == 0

    def check(self, deployment: Deployment, crowd: Crowd) -> None:
        """Everybody moved, once."""
        crowd.check_moved(deployment)


class NewModel:
    """Everybody goes over to a model under which they have another segment."""

    words = "customers who go over to another model"

    def __init__(self) -> None:
        old = model()
        segments = tuple(replace(segment, id=f"t{n}") for n, segment in enumerate(old.segments))
        self._model = replace(old, version="20260101T000000Z-other", segments=segments)

    def begin(self, deployment: Deployment, crowd: Crowd) -> None:  # noqa: ARG002  a burden like the other
        """Promote it."""
        promote(deployment.settings, deployment.settings.models.publish(self._model))

    def is_over(self, deployment: Deployment, crowd: Crowd) -> bool:  # noqa: ARG002
        """Tell whether no partition is switching."""
        version = self._model.version
        return all(meta.model_version == version and meta.switch is None for meta in metas(deployment))

    def check(self, deployment: Deployment, crowd: Crowd) -> None:
        """Everybody in the crowd has one event of the model's."""
        moved = Counter(
            step.customer_id
            for _, value in deployment.committed(deployment.settings.topics.changes)
            if (step := read_step(value)).cause == "model"
        )
        assert set(moved) >= set(crowd.customers()), "somebody did not go over"
        assert set(moved.values()) == {1}, "somebody went over twice"


def latency_beside(
    burden: Burden, ours: Sequence[Segstream], servers: Servers, number: int, seconds: float, rounds: int
) -> tuple[str, str]:
    """Measure both stretches in one deployment, one after the other."""
    results: dict[str, list[Stretches]] = {one.name: [] for one in ours}
    for one in interleaved(ours, rounds):
        found = _stretches(burden, one, servers, number, seconds)
        say(
            f"{one.name}: p99 of {found.normal_p99:.0f} ms, {found.beside_p99:.0f} ms beside it ({found.seconds:.0f} s)"
        )
        results[one.name].append(found)
    return f"{RATE:,} orders/s of new customers beside {number:,} {burden.words}", _table(results)


def _stretches(burden: Burden, contestant: Segstream, servers: Servers, number: int, seconds: float) -> Stretches:
    deployment = Deployment(servers)
    crowd = Crowd.moving_at(datetime.now(UTC) + AHEAD, number)
    deployment.fill(crowd.orders(), contestant.codec)
    shop = Shop(deployment)
    with running(contestant, deployment), Reader(deployment) as reader:
        wait_until(lambda: contestant.processed(deployment) == number, deployment)
        reader.milliseconds(shop.send(newcomers("W"), RATE, WARM_UP_SECONDS))
        normal = shop.send(newcomers("A"), RATE, seconds)
        began = time.perf_counter()
        burden.begin(deployment, crowd)
        beside = shop.send(newcomers("B"), RATE, MOST_SECONDS, _seldom(lambda: burden.is_over(deployment, crowd)))
        took = time.perf_counter() - began
        first, second = reader.milliseconds(normal), reader.milliseconds(beside)
    burden.check(deployment, crowd)
    deployment.drop()
    return Stretches(*_p50_p99(first), *_p50_p99(second), took)


def _seldom(question: Callable[[], bool]) -> Callable[[], bool]:
    """Return a question that asks Redis ten times a second at most."""
    asked_at = 0.0

    def ask() -> bool:
        nonlocal asked_at
        if time.perf_counter() - asked_at < 0.1:
            return False
        asked_at = time.perf_counter()
        return question()

    return ask


def _p50_p99(values: list[float]) -> tuple[float, float]:
    return percentile(values, 0.5), percentile(values, 0.99)


def _table(results: dict[str, list[Stretches]]) -> str:
    head = ("", "p50 ms", "p99 ms", "p50 ms beside it", "p99 ms beside it", "ratio of the p99", "seconds")
    return markdown(head, [(name, *_cells(found)) for name, found in results.items()])


def _cells(found: list[Stretches]) -> tuple[str, ...]:
    normal, beside = [one.normal_p99 for one in found], [one.beside_p99 for one in found]
    return (
        spread([one.normal_p50 for one in found]),
        spread(normal),
        spread([one.beside_p50 for one in found]),
        spread(beside),
        spread(paired_ratios(beside, normal), 2),
        spread([one.seconds for one in found], 1),
    )
