"""What a million customers cost of whom nobody is due: orders/s beside them, and beside nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

from bench.contestant import running
from bench.crowd import Crowd, aged
from bench.deployment import Deployment, Servers
from bench.partitions import customers, due_at, wait_until
from bench.rounds import interleaved, say
from bench.segstream import Segstream
from bench.table import paired_table
from bench.throughput import stretch
from bench.workload import START, orders
from stream_app.core.instants import instant_of

HOUR = timedelta(hours=1)
"""The orders of a round span an hour, so that the clock moves with each and nobody is due for days."""

NOBODY = "with nobody else"
MILLION = "with {:,} others"
Rates = tuple[list[float], list[float]]


def beside_a_crowd(
    ours: Sequence[Segstream], crowded: Servers, empty: Servers, crowd: int, number: int, rounds: int
) -> tuple[str, str]:
    """Load the crowd once, on a Redis of its own, and measure in turns beside it and in an empty deployment."""
    results = {one.name: _rates(one, crowded, empty, Crowd(crowd, START), number, rounds) for one in ours}
    title = f"orders/s of {number:,} orders, all others not due, the worker started anew in both"
    return title, paired_table(NOBODY, MILLION.format(crowd), results)


def _rates(contestant: Segstream, crowded: Servers, empty: Servers, crowd: Crowd, number: int, rounds: int) -> Rates:
    place = _loaded(contestant, crowded, crowd)
    found: dict[Servers, list[float]] = {crowded: [], empty: []}
    hours = count()
    for servers in interleaved((empty, crowded), rounds):
        deployment = place if servers is crowded else Deployment(servers)
        found[servers].append(_rate(contestant, deployment, next(hours) // 2, number))
        who = "with the crowd" if servers is crowded else "without"
        say(f"{contestant.name}, {who}: {found[servers][-1]:,.0f} orders/s")
        if servers is empty:
            deployment.drop()
    assert not aged(place), "time moved somebody, so somebody was due"
    place.drop()
    return found[empty], found[crowded]


def _loaded(contestant: Segstream, servers: Servers, crowd: Crowd) -> Deployment:
    deployment = Deployment(servers)
    deployment.fill(crowd.orders(), contestant.codec)
    with running(contestant, deployment):
        wait_until(lambda: contestant.processed(deployment) == crowd.number, deployment)
    assert customers(deployment) == crowd.number, "the crowd is not complete"
    return deployment


def _rate(contestant: Segstream, deployment: Deployment, hour: int, number: int) -> float:
    """Return the orders per second of new customers within one hour, begun with a new worker."""
    start = START + HOUR * hour
    before = contestant.processed(deployment)
    deployment.fill(orders(number, prefix=f"H{hour}-", start=start, span=HOUR), contestant.codec)
    with running(contestant, deployment) as process:
        begin, end = stretch(process, deployment, number, lambda: contestant.processed(deployment) - before)
    assert due_at(deployment, instant_of(start + HOUR)) == 0, "somebody is due"
    return begin.orders_per_second(end)
