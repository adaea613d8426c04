"""One run: fill the topic, start the contestant, time it from its first tenth to its last order, check its output."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import psutil

from bench.contestant import Contestant, last_words, running
from bench.deployment import Deployment, Servers
from bench.workload import SPAN, orders

POLL_SECONDS = 0.05
GIVE_UP_SECONDS = 900.0
WARM_UP_PART = 0.1
"""Start, imports and the first compilations of a JVM are nobody's speed: the first tenth is not timed."""


@dataclass(frozen=True)
class Run:
    """What one run gave."""

    orders: int
    orders_per_second: float
    cpu_us_per_order: float
    memory_mb: float
    changes: int


@dataclass(frozen=True)
class Mark:
    """How far a process was, when, and at what cost."""

    orders: int
    at: float
    cpu_seconds: float

    def orders_per_second(self, end: Mark) -> float:
        """Return the rate from here to a later mark."""
        return (end.orders - self.orders) / (end.at - self.at)


def run(contestant: Contestant, servers: Servers, number: int, span: timedelta = SPAN) -> Run:
    """Return the measurements of one run in a deployment of its own."""
    number = min(number, contestant.most_orders or number)
    deployment = Deployment(servers)
    deployment.fill(orders(number, span=span), contestant.codec)
    with running(contestant, deployment) as process:
        begin, end = stretch(process, deployment, number, lambda: contestant.processed(deployment))
        memory = sum(part.memory_info().rss for part in _family(process))
    # After an orderly end: what a peer still held back is written then.
    changes = contestant.check(deployment, number)
    deployment.drop()
    done = end.orders - begin.orders
    cpu = end.cpu_seconds - begin.cpu_seconds
    return Run(number, begin.orders_per_second(end), cpu / done * 1e6, memory / 1e6, changes)


def stretch(
    process: psutil.Process, deployment: Deployment, number: int, processed: Callable[[], int]
) -> tuple[Mark, Mark]:
    """Watch until all is done; return the marks at the first tenth and at the end."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    begin: Mark | None = None
    while (done := processed()) < number:
        assert process.is_running(), f"ended at {done} of {number} orders: {last_words(deployment)}"
        assert time.monotonic() < deadline, f"gave up at {done} of {number} orders: {last_words(deployment)}"
        if begin is None and done >= number * WARM_UP_PART:
            begin = mark(process, done)
        time.sleep(POLL_SECONDS)
    assert begin is not None, f"{number} orders are done before the clock can be started; take more"
    return begin, mark(process, number)


def mark(process: psutil.Process, done: int) -> Mark:
    """Take down how far a process is."""
    cpu = [part.cpu_times() for part in _family(process)]
    return Mark(done, time.monotonic(), sum(one.user + one.system for one in cpu))


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]
