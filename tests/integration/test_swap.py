"""What a namespace counted takes the place of what is live while orders go on, whoever dies meanwhile."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from stream_app.contract.control import Hold
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.worker.kafka_config import plain_producer
from tests.builders import NOW, ARecord, a_model
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.figures import Figures
from tests.integration.replays import compared, replayed
from tests.integration.results import broken_chains
from tests.integration.shop import a_log
from tests.integration.shown import Shown
from tests.integration.standstill import standstills
from tests.integration.swapping import STEPS, Swapping, begin_swap, by_swaps, cut_off, ended, metas
from tests.integration.waiting import wait_for
from tests.integration.worker_process import WorkerProcess

IS_LONG = "SEGSTREAM_PROVE" in os.environ
ORDERS, CUSTOMERS, ORDERS_PER_SECOND = (60_000, 6_000, 2_000) if IS_LONG else (3_000, 150, 300)
LOG = a_log(PARTITIONS, orders=ORDERS, customers=CUSTOMERS)
EARLY, LATE = LOG[: ORDERS // 3], LOG[ORDERS // 3 :]
SETTINGS: dict[str, Any] = {"window_days": None, "chunk_records": 2_000 if IS_LONG else 150}
MODEL = a_model(window_days=None)
SLICE = max(3, CUSTOMERS // 60)


def missed(live: Deployment) -> str:
    """Return where a replay begins that leaves the first half of the early orders out."""
    return ",".join(f"{partition}:{end // 2}" for partition, end in enumerate(live.ends(live.topics.orders)))


def beside_what_missed(live: Deployment, early: list[ARecord]) -> tuple[WorkerProcess, str]:
    """Have a worker count orders, and the namespace `other` beside it the later ones; return from where that did."""
    live.create(PARTITIONS, MODEL).send(early)
    worker = live.worker(due_slice=SLICE)
    live.wait_done()
    since = missed(live)
    replayed(live, "other", "--from", since)
    return worker, since


@pytest.mark.timeout(300)
@pytest.mark.long  # Its short form is that of test_other_window.py, which goes over in the same way and farther.
@pytest.mark.parametrize("step", ["begun", "held", "beyond"])
def test_killed_at_each_step_a_swap_under_orders_loses_and_repeats_nothing(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, step: str, figures: Figures
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        # Given a namespace that never saw the oldest orders, beside a worker that did
        victim, since = beside_what_missed(live, EARLY)

        # When it is swapped in while orders come, and a worker dies in the middle
        with live.trickle(LATE, seconds=len(LATE) / ORDERS_PER_SECOND, at_once=ORDERS_PER_SECOND // 20):
            child, out = begin_swap(live, "other")
            wait_for(
                f"a partition is {step}", lambda: any(map(STEPS[step], metas(live))) or child.poll() is not None,
                60, out.read_text,
            )  # fmt: skip
            victim.kill()
            live.worker("w1", due_slice=SLICE)
            done = ended(child, out)
        live.wait_done()
        results = live.results()

        # Then what is live is what a replay from there on gives, by one correction each
        if not done["refused"]:
            replayed(live, "check", "--from", since)
            code, found = compared(live, "check")
            assert (code, found["different"]) == (0, 0), found
        assert broken_chains(results.changes) == []
        corrections = by_swaps(results.changes)
        assert {len(mine) for mine in corrections.values()} <= {0, 1}
        assert any(corrections.values())
        figures.append(f"swap of {CUSTOMERS:,} customers, worker killed when {step}: equal to a replay, {done}")


@pytest.mark.long
@pytest.mark.timeout(1_200)
def test_killed_at_one_step_after_the_other_while_orders_come_a_swap_loses_and_repeats_nothing(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, figures: Figures
) -> None:
    log = a_log(PARTITIONS, orders=4 * ORDERS, customers=CUSTOMERS)
    early, late = log[: ORDERS // 3], log[ORDERS // 3 :]
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        worker, since = beside_what_missed(live, early)
        killed_at = []

        # When it is swapped in, and at each step the worker of then dies
        with live.trickle(late, seconds=len(late) / ORDERS_PER_SECOND, at_once=ORDERS_PER_SECOND // 20):
            swapping = Swapping(live, "other")
            for number, (name, step) in enumerate(STEPS.items(), 1):
                wait_for(f"a partition is {name}", partial(swapping.has, step), 240, swapping.said)
                worker.kill()
                killed_at.append(sum(live.ends(live.topics.orders)))
                worker = live.worker(f"w{number}", due_slice=SLICE)
            done = swapping.ended()
            left = len(log) - sum(live.ends(live.topics.orders))
        live.wait_done(300)

        # Then orders came all the while, every chain is whole, and what is live is what a replay from there on gives
        assert left > 0
        assert done["refused"] == []
        changes = live.changes()
        assert broken_chains(changes) == []
        corrections = by_swaps(changes)
        assert {len(mine) for mine in corrections.values()} == {0, 1}
        told = live.terminal().run("replay", "--into", "check", "--from", since, "--rate", "1000000", seconds=600)
        assert told.returncode == 0, told.stderr
        code, found = compared(live, "check")
        assert (code, found["different"]) == (0, 0), found
        places = ", ".join(f"{name} behind {at:,}" for name, at in zip(STEPS, killed_at, strict=True))
        figures.append(
            f"one swap of {CUSTOMERS:,} customers at {ORDERS_PER_SECOND:,} orders/s, a worker killed at each step"
            f" ({places} of {len(log):,} records): equal to a replay, in {swapping.tries} tries, {done}"
        )


@pytest.mark.long
def test_partitions_wait_only_a_moment_and_strangers_always_find_a_segment(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, figures: Figures
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        beside_what_missed(live, EARLY)

        with live.trickle(LATE, seconds=90.0, at_once=8):
            live.wait_progress(live.shown.progress() + 100)
            with standstills(live.shown.positions) as found:
                child, out = begin_swap(live, "other", "--quiet")
                done = ended(child, out)
        live.wait_done()

        assert done["refused"] == []
        longest = max(found.longest.values())
        figures.append(f"a swap under orders: partitions stood still for {longest:.1f} s at most")
        assert longest < 5.0
        assert all(each["replay"] for mine in by_swaps(live.changes()).values() for each in mine)
        # And a namespace is not taken away from under a swap, but afterwards it is
        terminal = live.terminal()
        terminal.ok("replay", "remove", "other", "--yes")
        assert terminal.run("replay", "swap", "other").returncode == 1


def test_a_swap_that_cannot_be_is_refused_and_one_whose_command_dies_lets_everybody_go_on(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        live.create(PARTITIONS, MODEL).send(EARLY)
        worker = live.worker()
        live.wait_done()
        terminal = live.terminal()

        refused = terminal.run("replay", "swap", "nothing")
        # As if the command had died right behind its first record
        live.say(Hold(namespace="other", seconds=1.0, by="test", at=NOW))
        wait_for("they stand still", lambda: all(map(STEPS["held"], metas(live))), said=worker.testimony)
        live.send(LATE)
        live.wait_done()

        assert (refused.returncode, "NAMESPACE_EMPTY" in refused.stderr) == (1, True)
        assert "no swap came" in worker.said()
        assert not any(meta.paused for meta in metas(live))


@pytest.mark.long
def test_only_a_partition_that_lost_its_replay_waits_and_it_can_go_on_without(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        # Given a swap in the middle of which the worker dies, and a partition whose part of the replay is lost for good
        victim, since = beside_what_missed(live, EARLY)
        cut_off(live, "other", victim)
        lost = PARTITIONS - 1
        assert STEPS["begun"](metas(live)[lost])
        live.redis.delete(Shown(live.settings.within("other"), live.redis, PARTITIONS).key("partition", lost))

        # When another worker goes on
        worker = live.worker("w1", due_slice=SLICE)
        live.send(LATE)

        # Then that partition waits and says for what, and the others take over and serve their orders
        ends = live.ends(live.topics.orders)

        def have_others_done() -> bool:
            return all(live.shown.is_done(p, ends[p]) and not STEPS["begun"](metas(live)[p]) for p in range(lost))

        wait_for("the others are done", have_others_done, 60, worker.testimony)
        (problem,) = worker.readyz()[1]["problems"]
        assert problem.startswith(f"partition {lost} waits: NAMESPACE_AWAY: ")
        assert live.shown.positions()[lost] < ends[lost]

        # And it goes on without when somebody says so, and a replay is due until another one is swapped in
        terminal = live.terminal()
        told = terminal.run("replay", "swap", "other", "--give-up", "--why", "lost")
        assert (told.returncode, f"In partitions {lost} some customers" in told.stderr) == (0, True), told.stderr
        live.wait_done()
        assert "SWAP_NOT_UNDER_WAY" in terminal.run("replay", "swap", "other", "--give-up").stderr
        replayed(live, "check", "--from", since)
        code, found = compared(live, "check")
        assert (code, found["half_swapped"]) == (1, [lost])
        terminal.ok("replay", "swap", "check")
        replayed(live, "again", "--from", since)
        code, found = compared(live, "again")
        assert (code, found["different"], found["half_swapped"]) == (0, 0, []), found
        assert broken_chains(live.changes()) == []


@pytest.mark.long
def test_a_log_that_ends_with_the_marker_of_a_transaction_is_no_obstacle(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, **SETTINGS) as live:
        # Given a shop that sends by transactions, and a replay to the end of the log, where nobody orders any more
        live.create(PARTITIONS, MODEL).worker()
        shop = Producer(plain_producer(live.settings, "shop") | {"transactional.id": f"{live.topics.orders}.shop"})
        shop.init_transactions(20)
        shop.begin_transaction()
        for sent in EARLY:
            shop.produce(live.topics.orders, sent.value, sent.key, sent.partition, headers=list(sent.headers))
        shop.commit_transaction(20)
        live.wait_progress(len(EARLY))
        replayed(live, "other", "--from", missed(live))

        # When it is swapped in
        child, out = begin_swap(live, "other")

        # Then both meet behind the marker
        assert ended(child, out)["refused"] == []
        assert any(by_swaps(live.changes()).values())
