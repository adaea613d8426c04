"""What a plain recount of the workload says, so that every contestant's output can be checked after every run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import msgspec
import numpy as np

from bench.peers.scoring import Folded
from bench.workload import Order, model, orders

_read = msgspec.json.Decoder(Order).decode


@dataclass(frozen=True)
class Recount:
    """The end of the workload for everybody, and the moves on the way if nothing ever grows old."""

    frequencies: dict[str, int]
    segments: dict[str, str]
    """At the end, with a recency of 0 days: as the peers see it, who look only when an order comes."""
    changes: int


@cache
def recount(number: int) -> Recount:
    """Return the recount of so many orders."""
    rows = list(_features(number))
    folded = Folded.of(model())
    chosen = folded.nearest_of_many(np.array([row[1:] for row in rows], float))
    frequencies: dict[str, int] = {}
    segments: dict[str, str] = {}
    changes = 0
    for (customer, frequency, _, _), at in zip(rows, chosen.tolist(), strict=True):
        segment = folded.segments[at]
        changes += segments.get(customer) != segment
        frequencies[customer], segments[customer] = frequency, segment
    return Recount(frequencies, segments, changes)


def _features(number: int) -> Iterator[tuple[str, int, float, int]]:
    """Yield customer, frequency, monetary and unique products as each order leaves them."""
    totals: dict[str, tuple[int, float, set[str]]] = {}
    for _, value in orders(number):
        order = _read(value)
        frequency, monetary, products = totals.get(order.customer_id, (0, 0.0, set()))
        frequency += 1
        monetary += sum(line.quantity * line.unit_price for line in order.lines)
        products.update(line.product_id for line in order.lines)
        totals[order.customer_id] = frequency, monetary, products
        yield order.customer_id, frequency, monetary, len(products)
