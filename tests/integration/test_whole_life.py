"""One deployment lives through everything in one life, and its orders counted anew are what is live."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench.workload import model as workload_model
from model_store.segment_model import SegmentModel
from stream_app.core.instants import DAY_US
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.privacy.erasing import Wish, mark
from stream_app.repartition.copy import Copy
from stream_app.repartition.finish import finish
from stream_app.repartition.seal import seal
from stream_app.repartition.target import create_target, target_of
from tests.builders import a_model
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.figures import Figures
from tests.integration.real_logs import SHOPS, file_of
from tests.integration.recount import totals
from tests.integration.replays import compared
from tests.integration.results import Change, broken_chains
from tests.integration.shop import Sent
from tests.integration.shown import Shown
from tests.integration.test_equality import as_text
from tests.integration.waiting import wait_for
from tests.integration.whole_life import (
    Shop,
    a_real_shop,
    a_small_shop,
    as_they_come,
    backfill_through_a_kill,
    joined,
    moved,
    ticks,
)

NEW = 7
SECRET = "a secret of 32 characters or more"  # noqa: S105
LONG: dict[str, Any] = {
    "chunk_records": 5_000, "kafka_session_timeout_ms": 10_000, "kafka_transaction_timeout_ms": 20_000,
}  # fmt: skip


class Pace(NamedTuple):
    """How fast orders come, live and from the file, and how long it may take to have answered them."""

    live: int
    past: int
    seconds: float


def before_the_move(old: Deployment, shop: Shop, model: SegmentModel, pace: Pace) -> dict[str, list[Change]]:
    """Let orders come while workers die, the past is added, people are erased, and another model goes live."""
    orders = as_they_come(shop.live[: len(shop.live) // 2], PARTITIONS)
    third = len(orders) // 3
    old.create(PARTITIONS, model)
    victim = old.worker(kill_at="commit_acked:3")
    with coming(old, orders[:third], pace):
        victim.wait_hit(120)
        victim = old.worker("w1")
    with coming(old, orders[third : 2 * third], pace):
        backfill_through_a_kill(old, shop, pace.past)
    move_clocks(old, pace)
    with coming(old, orders[2 * third :], pace):
        mark(old.settings, shop.erased, Wish())
        old.promote(moved(model))
        wait_for("a partition has begun to switch", lambda: has_switched(old, model), pace.seconds, victim.testimony)
        victim.kill()
        worker = old.worker("w2")
    move_clocks(old, pace)
    old.wait_model(moved(model).version)
    seal(old.settings)
    assert worker.terminate() == 0, worker.said()
    return old.changes()


def coming(deployment: Deployment, orders: list[Sent], pace: Pace) -> AbstractContextManager[None]:
    """Let orders come while the body runs."""
    return deployment.trickle(orders, seconds=len(orders) / pace.live, at_once=max(1, pace.live // 20))


def move_clocks(deployment: Deployment, pace: Pace) -> None:
    """Let those be scored whom history alone has touched: they wait for a clock that moves."""
    deployment.wait_done(pace.seconds)
    deployment.send(ticks(max(deployment.shown.clocks()) + 1, PARTITIONS))
    deployment.wait_done(pace.seconds)


def has_switched(old: Deployment, model: SegmentModel) -> bool:
    """Tell whether some partition has begun to go over to another model."""
    metas = (old.shown.meta(partition) for partition in range(PARTITIONS))
    return any(meta is not None and meta.model_version != model.version for meta in metas)


def move(old: Deployment, prefix: str) -> None:
    """Give the deployment other partitions."""
    Copy(create_target(old.settings, prefix, NEW)).run()
    finish(target_of(old.settings, prefix), lambda _: None, lambda _: None)


def after_the_move(new: Deployment, shop: Shop, pace: Pace) -> dict[str, list[Change]]:
    """Let the other orders come, and a worker die once more."""
    orders = as_they_come(shop.live[len(shop.live) // 2 :], NEW)
    new.create_topics(NEW)
    victim = new.worker("w3", kill_at="commit_acked:3")
    with coming(new, orders, pace):
        victim.wait_hit(120)
        new.worker("w4")
    new.send(ticks(shop.end, NEW))
    new.wait_done(pace.seconds)
    return new.changes()


def lived(
    kafka: LocalKafka, valkey: LocalRedis, folder: Path, shop: Shop, model: SegmentModel, pace: Pace, **settings: Any
) -> tuple[str, dict[str, dict[bytes, bytes]]]:
    """Return what a life led to, in words, and everybody as Redis shows them; a replay gives the same."""
    with Deployment(kafka, valkey, folder, erasure_key=SECRET, **settings) as old:
        earlier = before_the_move(old, shop, model, pace)
        prefix = f"{old.settings.topic_prefix}p{NEW}."
        move(old, prefix)
        values = old.settings.model_dump() | {"topic_prefix": prefix, "redis_prefix": prefix}
        with Deployment(kafka, valkey, folder, **values) as new:
            later = after_the_move(new, shop, pace)
            told = new.terminal().run("replay", "--into", "check", "--rate", "1000000", "--json", seconds=1_200)
            assert told.returncode == 0, told.stderr
            code, found = compared(new, "check")
            held = new.shown.hashes("customer:")
            counted = Shown(new.settings.within("check"), new.redis, NEW).hashes("customer:")

    # Nobody differs, and who was erased is in neither
    assert (code, found["different"], found["moved_since"]) == (0, 0, 0), found
    assert found["customers"] == len(held) == len(counted) > 50
    assert set(shop.erased).isdisjoint(held.keys() | counted.keys() | later.keys())
    # And every chain goes on through all of it
    changes = joined(earlier, later)
    assert broken_chains(changes) == []
    assert {earlier[name][-1]["cause"] for name in shop.erased} == {"erasure"}
    causes = Counter(change["cause"] for chain in changes.values() for change in chain)
    assert causes.keys() >= {"order", "model", "erasure", "expiry", "aging"}
    assert any(change["replay"] for chain in changes.values() for change in chain)
    replay = json.loads(told.stdout)
    told_causes = ", ".join(f"{cause} {n:,}" for cause, n in causes.most_common())
    return (
        f"{replay['orders']:,} records counted anew at {replay['orders'] / replay['seconds']:,.0f}/s,"
        f" 0 of {found['customers']:,} customers differ, {causes.total():,} changes ({told_causes})",
        held,
    )


@pytest.mark.long
def test_a_small_shop_that_lives_through_everything_is_what_its_orders_say(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, figures: Figures
) -> None:
    shop = a_small_shop(tmp_path)
    words, held = lived(kafka, valkey, tmp_path, shop, a_model(), Pace(600, 400, 60))

    assert {order.customer_id for order in shop.live} - set(shop.erased) <= held.keys()
    figures.append(f"a small shop's whole life: {words}")


@pytest.mark.long
@pytest.mark.timeout(3_000)
@pytest.mark.parametrize("name", SHOPS)
def test_a_real_shop_that_lives_through_everything_is_what_its_orders_and_its_file_say(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, name: str, figures: Figures
) -> None:
    shop = a_real_shop(tmp_path, name)
    words, held = lived(kafka, valkey, tmp_path, shop, workload_model(), Pace(2_000, 5_000, 900), **LONG)
    figures.append(f"{name}'s whole life: {words}")

    # And it is what DuckDB counts over the shop's own file
    names = (b"recency_at", b"frequency", b"monetary", b"unique_products")
    found = {customer: tuple(fields[name].decode() for name in names) for customer, fields in held.items()}
    expected = {
        customer: as_text(counted)
        for customer, counted in totals(file_of(name), SHOPS[name].lines, as_of=shop.end, window=365 * DAY_US).items()
        if customer not in shop.erased
    }
    assert {customer: values for customer, values in found.items() if values[0]} == expected
