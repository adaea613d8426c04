"""What timers cost while nobody is due: the worker with and without them, on a day in which nobody moves."""

from __future__ import annotations

from datetime import timedelta

from bench.deployment import Servers
from bench.rounds import interleaved, say
from bench.segstream import Segstream
from bench.table import paired_table
from bench.throughput import run

QUARTER = timedelta(hours=6)
"""So short that no customer has been away for a whole day."""

# The core as installed: a compiled one calls its own functions, whatever stands in their place.
OFF = Segstream("segstream-timerless", "timers off", program=("-m", "bench.timerless"))
ON = Segstream("segstream", "timers on")


def timers_on_and_off(servers: Servers, number: int, rounds: int) -> tuple[str, str]:
    """Run both on the same orders in turns, both as installed."""
    results: dict[str, list[float]] = {OFF.name: [], ON.name: []}
    for arm in interleaved((OFF, ON), rounds):
        found = run(arm, servers, number, QUARTER)
        say(f"{arm.name}: {found.orders_per_second:,.0f} orders/s")
        results[arm.name].append(found.orders_per_second)
    title = f"orders/s, {number:,} orders within {QUARTER}, core as installed: what timers cost while nobody is due"
    return title, paired_table(OFF.name, ON.name, {"segstream": (results[OFF.name], results[ON.name])})
