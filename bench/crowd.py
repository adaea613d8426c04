"""Many customers with one order each, all at one instant, so that time moves all of them at another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import msgspec

from bench.deployment import Deployment
from bench.workload import model
from model_store.scoring import MONEY_SCALE, Scorer
from stream_app.core.timeline import next_day

PRICES = (19.99, 4.5, 25.0)
PRODUCTS = 3_000
CUSTOMERS_PER_CALL = 1_000

_encode = msgspec.json.Encoder().encode


class Turn(NamedTuple):
    """What time does to a customer of the crowd: after so many days from one segment to another."""

    day: int
    before: str
    after: str


class _Place(msgspec.Struct):
    id: str


class _Step(msgspec.Struct):
    customer_id: str
    cause: str
    to: _Place | None


read_step = msgspec.json.Decoder(_Step).decode


@cache
def turn() -> Turn:
    """Return the first move that the workload's model makes with one order of these prices and nothing more."""
    scorer = Scorer(model())
    monetary = sum(round(price * MONEY_SCALE) for price in PRICES)
    scores = scorer.without_recency(1, monetary, len(PRICES))
    begin = scorer.nearest(scores, 0)
    day = next_day(scores, scorer.recency_weights, begin, 0)
    assert day is not None, "time alone does not move this customer: take other prices"
    return Turn(day, scorer.ids[begin], scorer.ids[scorer.nearest(scores, day)])


@dataclass(frozen=True)
class Crowd:
    """So many customers who ordered at one instant."""

    number: int
    ordered_at: datetime

    @classmethod
    def moving_at(cls, instant: datetime, number: int) -> Crowd:
        """Return the crowd that time moves at an instant."""
        return cls(number, instant - timedelta(days=turn().day))

    @property
    def moves_at(self) -> datetime:
        """When time moves them."""
        return self.ordered_at + timedelta(days=turn().day)

    def customers(self) -> Iterator[str]:
        """Yield their ids."""
        return (f"N{number}" for number in range(self.number))

    def orders(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield key and value of the one order of each."""
        ordered_at = self.ordered_at.astimezone(UTC)
        for number, customer in enumerate(self.customers()):
            lines = [
                {"product_id": f"S{(number + 7 * at) % PRODUCTS}", "quantity": 1, "unit_price": price}
                for at, price in enumerate(PRICES)
            ]
            order = {"order_id": "O1", "customer_id": customer, "ordered_at": ordered_at, "lines": lines}
            yield customer.encode(), _encode(order)

    def check_moved(self, deployment: Deployment) -> int:
        """Return how many moved, each once; raises AssertionError if anybody did not, or Redis says otherwise."""
        moved = aged(deployment)
        assert set(moved) == set(self.customers()), f"{len(moved)} customers moved, not {self.number}"
        often = [customer for customer, times in moved.items() if times > 1]
        assert not often, f"{len(often)} customers moved more than once, for example {often[0]}"
        wrong = sum(segment != turn().after for segment in self._segments(deployment))
        assert not wrong, f"{wrong} customers are not in {turn().after} in Redis"
        return moved.total()

    def _segments(self, deployment: Deployment) -> Iterator[str]:
        customers = list(self.customers())
        for begin in range(0, self.number, CUSTOMERS_PER_CALL):
            pipeline = deployment.redis.pipeline(transaction=False)
            for customer in customers[begin : begin + CUSTOMERS_PER_CALL]:
                pipeline.hget(f"{deployment.settings.redis_prefix}customer:{customer}", "segment")
            yield from (segment.decode() for segment in pipeline.execute())


def aged(deployment: Deployment) -> Counter[str]:
    """Return how often a committed reader sees time alone move each customer, always to the crowd's second segment."""
    moved: Counter[str] = Counter()
    for _, value in deployment.committed(deployment.settings.topics.changes):
        step = read_step(value)
        if step.cause == "aging":
            assert step.to == _Place(turn().after), f"{step.customer_id} moved to {step.to}, not {turn().after}"
            moved[step.customer_id] += 1
    return moved
