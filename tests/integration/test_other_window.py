"""A new window is a replay and a swap, on real servers: under orders, and with a worker that dies in the middle."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from model_store.errors import ModelRefused
from stream_app.core.instants import DAY_US
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.operators import promote
from stream_app.portrait import portrait
from stream_app.shadow.diff import Diff, half_of
from stream_app.shadow.tally import Comparison
from tests.builders import a_model, an_instant
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.figures import Figures
from tests.integration.replays import replayed
from tests.integration.results import broken_chains
from tests.integration.shop import a_log
from tests.integration.shown import Shown
from tests.integration.swapping import STEPS, Swapping, begin_swap, by_swaps, cut_off, ended, metas
from tests.integration.waiting import wait_for

IS_LONG = "SEGSTREAM_PROVE" in os.environ
ORDERS, CUSTOMERS, ORDERS_PER_SECOND = (60_000, 6_000, 2_000) if IS_LONG else (1_500, 100, 200)
LOG = a_log(PARTITIONS, orders=ORDERS, customers=CUSTOMERS)
EARLY, LATE = LOG[: 2 * ORDERS // 3], LOG[2 * ORDERS // 3 :]
BEFORE, AFTER = 365, 250
"""Days; the log ends 220 days behind its last order."""
SETTINGS: dict[str, Any] = {"window_days": BEFORE, "chunk_records": 2_000 if IS_LONG else 150}
OLD = a_model(window_days=BEFORE)
NEW = a_model(version="20260101T000000Z-newernew", window_days=AFTER, centroids=((1.9, 0.5), (0.1, -0.9), (-1.5, 0.2)))
NEXT = a_model(version="20260201T000000Z-nextnext", window_days=AFTER)
SLICE = max(3, CUSTOMERS // 60)


def difference_to(live: Deployment, namespace: str) -> Comparison:
    sides = half_of(live.settings, "live"), half_of(live.settings, namespace)
    return Diff(*sides, None, has_own_models=True).run(lambda _: None)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("step", "finds"),
    [
        ("begun", AFTER),
        pytest.param("held", BEFORE, marks=pytest.mark.long),
        pytest.param("beyond", AFTER, marks=pytest.mark.long),
    ],
)
def test_killed_at_each_step_a_deployment_goes_over_to_another_window_and_keeps_it(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, step: str, finds: int, figures: Figures
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        # Given a deployment of one window, and beside it everybody counted by another, with a model trained for it
        live.create(PARTITIONS, OLD).send(EARLY)
        victim = live.worker(due_slice=SLICE)
        live.wait_done()
        live.settings.models.publish(NEW)
        replayed(live, "next", "--model", NEW.version, "--window-days", str(AFTER))
        assert "other window" in difference_to(live, "next").reasons

        # When it is swapped in while orders come, and a worker dies in the middle whose successor has the old setting
        with live.trickle(LATE, seconds=len(LATE) / ORDERS_PER_SECOND, at_once=ORDERS_PER_SECOND // 20):
            swapping = Swapping(live, "next")
            wait_for(f"a partition is {step}", lambda: swapping.has(STEPS[step]), 60, swapping.said)
            victim.kill()
            successor = live.worker("w1", due_slice=SLICE)
            wait_for("it has begun", lambda: swapping.has(lambda meta: meta.swapped != 0), 120, swapping.said)
            done = swapping.ended()
        live.wait_done()
        results = live.results()

        # Then every partition counts by the new window and scores by its model, as if it had never been otherwise
        assert done["refused"] == []
        assert {(meta.identity.window_days, meta.model_version) for meta in metas(live)} == {(AFTER, NEW.version)}
        replayed(live, "check")
        assert difference_to(live, "check").different == 0, difference_to(live, "check")
        assert broken_chains(results.changes) == []
        corrections = by_swaps(results.changes)
        assert {len(mine) for mine in corrections.values()} <= {0, 1}
        assert any(corrections.values())
        assert ("another SEGSTREAM_WINDOW_DAYS: that of the state counts" in successor.said()) == (finds != BEFORE)
        figures.append(f"{CUSTOMERS:,} customers to a window of {AFTER} days, worker killed when {step}: {done}")

        # And only models for it become live, and what is foretold of a customer is foretold by it
        _only_models_for_it_become_live(live)
        _what_is_foretold_is_foretold_by_it(live, results.hashes)


def _only_models_for_it_become_live(live: Deployment) -> None:
    settings, models = live.settings, live.settings.models
    models.publish(NEXT)
    with pytest.raises(ModelRefused) as caught:
        promote(settings, models.artefact(OLD.version))
    promote(settings, models.artefact(NEXT.version))

    assert caught.value.code == "MODEL_WINDOW"
    wait_for("it decides everywhere", lambda: {meta.model_version for meta in metas(live)} == {NEXT.version})


def _what_is_foretold_is_foretold_by_it(live: Deployment, hashes: dict[str, dict[bytes, bytes]]) -> None:
    customer = max(hashes, key=lambda key: hashes[key][b"recency_at"]).rpartition("customer:")[2]

    found = portrait(live.settings, customer, as_of=None, most_orders=0)

    assert found.last_purchase is not None
    lapses = an_instant(found.last_purchase) + AFTER * DAY_US
    assert (found.forecast[-1].to, an_instant(found.forecast[-1].as_of)) == (None, lapses)


@pytest.mark.long
def test_a_window_that_was_left_comes_back_in_the_same_way(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        live.create(PARTITIONS, OLD).send(LOG)
        live.worker()
        live.wait_done()
        live.settings.models.publish(NEW)

        for into, model in (("next", NEW), ("back", OLD)):
            replayed(live, into, "--model", model.version)
            ended(*begin_swap(live, into))

        assert {(meta.identity.window_days, meta.model_version) for meta in metas(live)} == {(BEFORE, OLD.version)}
        replayed(live, "check")
        assert difference_to(live, "check").different == 0


@pytest.mark.long
def test_killed_amid_the_walk_after_a_window_swap_was_given_up_every_partition_ends_by_the_new_window(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        # Given a swap to another window in the middle of which the worker dies, and a replay that is lost for good
        live.create(PARTITIONS, OLD).send(EARLY)
        first = live.worker(due_slice=1)
        live.wait_done()
        live.settings.models.publish(NEW)
        replayed(live, "next", "--model", NEW.version)
        cut_off(live, "next", first)
        assert all(map(STEPS["begun"], metas(live)))
        for partition in range(PARTITIONS):
            live.redis.delete(Shown(live.settings.within("next"), live.redis, PARTITIONS).key("partition", partition))

        # When somebody gives it up, and the next worker dies while customers go over with the orders that they have
        second = live.worker("w1", due_slice=1)
        wait_for("they wait for it", lambda: "NAMESPACE_AWAY" in second.said(), 60)
        giving_up = live.terminal().begin("replay", "swap", "next", "--give-up", said=live.folder / "given-up.out")
        wait_for("they go over", lambda: any(meta.switch is not None for meta in metas(live)), 60, second.said)
        second.kill()
        assert any(meta.switch is not None and meta.switch.old_window_days == BEFORE for meta in metas(live))
        live.worker("w2")

        # Then another goes on, and everybody ends by the new window and its model
        assert giving_up.wait(90) == 0
        live.send(LATE)
        live.wait_done()
        assert {(meta.identity.window_days, meta.model_version) for meta in metas(live)} == {(AFTER, NEW.version)}
        assert not any(meta.switch for meta in metas(live))
        assert broken_chains(live.changes()) == []
