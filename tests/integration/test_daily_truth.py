"""Every evening Redis shows everybody as they are: the segment by brute force, the features as the SQL has them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from stream_app.history.history import History
from stream_app.history.reading import open_history
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.builders import an_instant
from tests.integration.deployment import Deployment
from tests.integration.figures import Figures
from tests.integration.real_logs import PARTITIONS, SHOPS, Scene, file_of, log_of, sent, trained
from tests.integration.results import broken_chains
from tests.integration.truth import differences, steps_told, told
from tests.nearest import Nearest, Row
from tests.oracle import DAY, Fact, recount
from trainer.features import features

LONG = pytest.mark.long
IS_LONG = "SEGSTREAM_PROVE" in os.environ

ONE_OF = {"online-retail": 8, "completejourney": 60}
"""In the short form, one in so many customers."""

DAYS_BETWEEN = 1 if IS_LONG else 60
WINDOW = 365 * DAY
FIELDS = ("segment", "recency_at", "frequency", "monetary", "unique_products")
CATCH_UP_SECONDS = 300.0
UNHURRIED = {"chunk_records": 10_000, "kafka_session_timeout_ms": 10_000, "kafka_transaction_timeout_ms": 20_000}

Seen = tuple[str | None, Row | None]
"""Segment and features; None when no purchase counts."""


class Ledger:
    """All orders so far, and what is true of everybody at an instant."""

    def __init__(self, nearest: Nearest) -> None:
        self.nearest = nearest
        self.orders: dict[str, list[Fact]] = defaultdict(list)

    def add(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            self.orders[fact.customer].append(fact)

    def at(self, instants: dict[str, int]) -> dict[str, Seen]:
        """Return what is true of customers, each at an instant."""
        rows = {customer: self._row(customer, at) for customer, at in instants.items()}
        segments = self.nearest.segments({row for row in rows.values() if row is not None})
        return {customer: (row and segments[row], row) for customer, row in rows.items()}

    def _row(self, customer: str, at: int) -> Row | None:
        found = recount((order for order in self.orders[customer] if order.at <= at), at, WINDOW)
        return None if found is None else ((at - found.last_purchase) // DAY, *found[1:])


def evenings(logs: list[list[Fact]], cut: int) -> list[tuple[int, list[list[Fact]]]]:
    """Return the history and then day after day: the last instant, and every partition's orders and tick."""
    last = max(fact.at for log in logs for fact in log) // DAY * DAY + DAY - 1
    ends = [cut, *range(cut + DAY - 1, last, DAYS_BETWEEN * DAY), last]
    starts = [-1, *ends]
    return [
        (end, [[*(each for each in log if each.customer and start < each.at <= end), Fact(end)] for log in logs])
        for start, end in zip(starts, ends, strict=False)
    ]


def in_redis(deployment: Deployment, customers: Iterable[str], at: int) -> dict[str, Seen]:
    """Return everybody's segment and features as a reader finds them."""
    wanted = list(customers)
    with deployment.redis.pipeline(transaction=False) as pipe:
        for customer in wanted:
            pipe.hmget(f"{deployment.settings.redis_prefix}customer:{customer}", FIELDS)
        return {customer: read(found, at) for customer, found in zip(wanted, pipe.execute(), strict=True)}


def read(values: list[bytes | None], at: int) -> Seen:
    segment, recency_at, frequency, monetary, products = [(value or b"").decode() for value in values]
    if not recency_at:
        return segment or None, None
    money = int(Decimal(monetary) * 10_000)
    return segment, ((at - an_instant(recency_at)) // DAY, int(frequency), money, int(products))


def by_sql(history: History, at: int) -> dict[str, Row]:
    return {row[0]: row[1:] for row in features(history, as_of_us=at, window_us=WINDOW)}


def share(seen: dict[str, Seen], truth: dict[str, Seen]) -> float:
    """Return the part of the customers who are seen in another segment than the true one."""
    return sum(seen[name][0] != segment for name, (segment, _) in truth.items()) / len(truth)


@pytest.mark.parametrize(
    "shop", [pytest.param(shop, marks=LONG if shop == "completejourney" else ()) for shop in SHOPS]
)
def test_every_evening_redis_shows_what_is_true(
    shop: str, kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, figures: Figures
) -> None:
    scene, model = Scene(shop, 365), trained(shop, 365)
    days = evenings(log_of(scene, one_of=1 if IS_LONG else ONE_OF[shop], closing_days=()), SHOPS[shop].cut)
    ledger = Ledger(Nearest(model))
    by_orders: dict[str, Seen] = {}
    with_timers, without, compared = [], [], 0
    with (
        Deployment(kafka, valkey, tmp_path, **UNHURRIED) as deployment,
        open_history(file_of(shop), shop) as history,
    ):
        deployment.create(PARTITIONS, model)
        worker = deployment.worker()
        for end, logs in days:
            deployment.send(sent(logs))
            deployment.wait_done(CATCH_UP_SECONDS)
            facts = [fact for log in logs for fact in log if fact.customer]
            ledger.add(facts)
            by_orders |= ledger.at({fact.customer: end if fact.is_history else fact.at for fact in facts})

            truth = ledger.at(dict.fromkeys(ledger.orders, end))
            shown = in_redis(deployment, ledger.orders, end)
            with_timers.append(share(shown, truth))
            without.append(share(by_orders, truth))
            rows = {customer: row for customer, (_, row) in shown.items() if row is not None}
            assert {name: row for name, row in by_sql(history, end).items() if name in ledger.orders} == rows
            assert shown == truth
            compared += len(rows)
        assert worker.terminate() == 0, worker.said()
        changes = deployment.changes()

    figures.append(
        f"{shop}, {len(truth):,} customers, the ends of {len(days) - 1} days: {max(with_timers):.0%} shown in a wrong "
        f"segment, {compared:,} times R, F, M, U as the SQL has them; "
        f"scored on orders only, {without[-1]:.1%} are in a wrong segment at the end"
    )
    everything = [[fact for _, logs in days for fact in logs[partition]] for partition in range(PARTITIONS)]
    assert broken_chains(changes) == []
    assert differences(told(scene, everything).steps, steps_told(changes)) == []
