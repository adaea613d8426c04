"""The faults as stories over the shop's log: each returns what readers see in the end.

A story takes the name of a mistake to seed; without one the worker is the real one and has to come through.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.results import Results
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for
from tests.integration.worker_process import STARTING, WorkerProcess

AT_ONCE = 3
"""Most of a story is waiting for a session to expire: so many are told at the same time."""

HEAD = 2_200
"""So much of the log is there when a worker is stopped; the rest comes when it lives again."""

TRIES = 8


Story = tuple[Callable[..., Results], *tuple[object, ...]]


@contextmanager
def told_at_once(
    kafka: LocalKafka, stories: dict[str, Story], folders: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Results]]]:
    """Tell stories at the same time, each in a deployment and with a Redis of its own; each test waits for its own."""

    def tell(story: Callable[..., Results], *arguments: object) -> Results:
        folder = folders.mktemp("story")
        valkey = LocalRedis(folder / "valkey")
        _start(valkey)
        try:
            with Deployment(kafka, valkey, folder) as deployment:
                return story(deployment, *arguments)
        finally:
            valkey.kill()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(tell, *story) for name, story in stories.items()}


def _start(valkey: LocalRedis) -> None:
    with STARTING:
        valkey.start()


def asked_for(request: pytest.FixtureRequest, stories: dict[str, Story]) -> dict[str, Story]:
    """Return the stories whose tests were selected."""
    names = [item.name for item in request.session.items]
    return {story: told for story, told in stories.items() if any(f"[{story}]" in name for name in names)}


def killed(deployment: Deployment, point: str, number: int, bug: str = "") -> Results:
    """Kill a worker at the n-th pass of a point and start it again under its name."""
    deployment.create(PARTITIONS).send(a_log(PARTITIONS))
    _prepare(deployment, point)
    for _ in range(TRIES):
        worker = deployment.worker(bug=bug, kill_at=f"{point}:{number}")
        hit = worker.wait_hit()
        assert worker.wait(5) == -9
        if point != "commit_sent" or _is_committed(deployment, hit):
            break
    else:
        raise AssertionError(f"none of {TRIES} commits had reached the broker")
    deployment.run_to_end()
    return deployment.results()


def _prepare(deployment: Deployment, point: str) -> None:
    """Let there be something to take over, and for a restore something to restore."""
    if point in {"claim", "restore"}:
        deployment.worker(kill_at="commit_acked:9").wait_hit()
    if point == "restore":
        deployment.redis.flushall()


def _is_committed(deployment: Deployment, hit: dict[str, Any]) -> bool:
    """Tell whether the transaction whose answer the worker never saw is in the log all the same."""
    committed = wait_for("no offset is pending", deployment.committed, 15)
    return all(committed[int(partition)] == offset for partition, offset in hit["offsets"].items())


def stopped(deployment: Deployment, point: str, number: int, bug: str = "") -> Results:
    """Stop a worker at a point until another has its partitions, then let it go on as if nothing had been."""
    log = a_log(PARTITIONS)
    deployment.create(PARTITIONS).send(log[:HEAD])
    _prepare(deployment, point)
    # A mistaken worker shall fail by its mistake: its client gives a transaction up that is older than its timeout.
    patience_ms = 20_000 if bug else deployment.settings.kafka_transaction_timeout_ms
    zombie = deployment.worker("w0", bug=bug, stop_at=f"{point}:{number}", kafka_transaction_timeout_ms=patience_ms)
    zombie.wait_hit()
    heir = deployment.worker("w1")
    deployment.wait_done()

    _wake(zombie)
    deployment.send(log[HEAD:])
    deployment.wait_done()

    _end(heir, zombie)
    return deployment.results()


def _wake(zombie: WorkerProcess) -> None:
    """Let a zombie go on, and wait until it has found out what happened: it works again, or has ended."""
    words = len(zombie.said())
    zombie.resume()
    wait_for(
        "the zombie has come to itself", lambda: not zombie.is_running() or "partition ready" in zombie.said()[words:]
    )


def _end(*workers: WorkerProcess) -> None:
    for worker in workers:
        if worker.is_running():
            assert worker.terminate() == 0, worker.said()


def wakes_to_apply_and_dies(deployment: Deployment, bug: str = "") -> Results:
    """Stop a worker between commit and Redis, let another finish, and let the first one do its old write and die."""
    log = a_log(PARTITIONS)
    deployment.create(PARTITIONS).send(log[:HEAD])
    zombie = deployment.worker("w0", bug=bug, stop_at="apply_begun:6", kill_at="applied:6")
    assert zombie.wait_hit()["point"] == "apply_begun"
    heir = deployment.worker("w1", bug=bug)
    # Every partition goes on, so that the old write would be seen in each.
    deployment.send(log[HEAD:])
    deployment.wait_done()

    zombie.resume()
    assert zombie.wait(10) == -9

    _end(heir)
    return deployment.results()


def commits_while_another_takes_over(deployment: Deployment, bug: str = "") -> Results:
    """Stop a worker whose offsets are in an open transaction and whose records are not yet in the log; let it
    commit and die while another one, who has its partitions by now, is reading where to begin.
    """
    deployment.create(PARTITIONS).send(a_log(PARTITIONS))
    owner = deployment.worker(
        "w0", stop_at="late_records:6", kill_at="commit_acked:6", kafka_transaction_timeout_ms=30_000
    )
    pending = owner.wait_hit()["offsets"]
    heir = deployment.worker("w1", bug=bug)
    if bug:
        wait_for("the end was read", lambda: heir.hit() and pending.keys() & heir.hit()["offsets"].keys())
    else:
        wait_for("the heir restores", lambda: any("restoring" in each for each in heir.readyz()[1].get("problems", [])))

    owner.resume()
    assert owner.wait(10) == -9
    deployment.wait_done()

    _end(heir)
    return deployment.results()


def redis_emptied_before_the_first_read(deployment: Deployment, bug: str = "") -> Results:
    """Empty Redis after a takeover has restored it and before the first customer is read from it."""
    log = a_log(PARTITIONS)
    deployment.create(PARTITIONS).send(log[:HEAD])
    deployment.run_to_end()
    deployment.send(log[HEAD:])
    worker = deployment.worker(bug=bug, stop_at="load:1")
    worker.wait_hit()

    deployment.redis.flushall()
    worker.resume()
    # With the mistake seeded, Redis and the changelog never agree again.
    deployment.wait_done(8 if bug else None)

    _end(worker)
    return deployment.results()


def a_second_worker_comes_and_the_first_one_goes(deployment: Deployment) -> Results:
    """Let workers join and leave while orders come."""
    deployment.create(PARTITIONS)
    first = deployment.worker("w0")
    with deployment.trickle(a_log(PARTITIONS), 20):
        deployment.wait_progress(500)
        second = deployment.worker("w1")
        wait_for("the second has partitions", lambda: "partition ready" in second.said())
        deployment.wait_progress(deployment.shown.progress() + 200)
        assert first.terminate() == 0, first.said()
        third = deployment.worker("w0")
        wait_for("the third has partitions", lambda: "partition ready" in third.said())
    deployment.wait_done()

    _end(third, second)
    return deployment.results()


def redis_is_flushed(deployment: Deployment) -> Results:
    """Empty Redis while orders come."""
    deployment.create(PARTITIONS)
    worker = deployment.worker()
    with deployment.trickle(a_log(PARTITIONS)):
        deployment.wait_progress(1_200)
        deployment.redis.flushall()
    deployment.wait_done()

    _end(worker)
    return deployment.results()


def customers_are_deleted_from_redis(deployment: Deployment) -> Results:
    """Delete some customers' hashes while orders come."""
    deployment.create(PARTITIONS)
    worker = deployment.worker()
    with deployment.trickle(a_log(PARTITIONS)):
        deployment.wait_progress(1_200)
        lost = [f"{deployment.settings.redis_prefix}customer:C{n}" for n in range(0, 60, 2)]
        assert deployment.redis.delete(*lost) > 0
    deployment.wait_done()
    wait_for("they are there again", lambda: deployment.redis.exists(*lost) == len(lost))
    deployment.wait_done()

    _end(worker)
    return deployment.results()


def figures_are_deleted_from_redis(deployment: Deployment) -> Results:
    """Delete a partition's totals, and what some days changed in another, while orders come."""
    deployment.create(PARTITIONS)
    prefix = deployment.settings.redis_prefix
    worker = deployment.worker()
    with deployment.trickle(a_log(PARTITIONS)):
        deployment.wait_progress(1_200)
        lost = [f"{prefix}totals:0", *sorted(deployment.redis.scan_iter(f"{prefix}stats:*:1", 1_000))[:3]]
        assert deployment.redis.delete(*lost) == len(lost)
        wait_for("they are there again", lambda: deployment.redis.exists(*lost) == len(lost))
    deployment.wait_done()

    _end(worker)
    return deployment.results()


def redis_is_rolled_back(deployment: Deployment) -> Results:
    """Start Redis from an older copy of its data while orders come."""
    valkey = deployment.valkey
    copy = valkey.data_dir.with_name("copy")
    deployment.create(PARTITIONS)
    worker = deployment.worker()
    with deployment.trickle(a_log(PARTITIONS)):
        deployment.wait_progress(800)
        shutil.copytree(valkey.data_dir, copy)
        deployment.wait_progress(2_000)
        worker.suspend()
        valkey.stop()
        shutil.rmtree(valkey.data_dir)
        shutil.move(copy, valkey.data_dir)
        _start(valkey)
        assert deployment.shown.progress() < 2_000
        worker.resume()
    deployment.wait_done()

    _end(worker)
    return deployment.results()


def redis_is_killed(deployment: Deployment) -> Results:
    """Kill Redis while orders come, and start it again."""
    deployment.create(PARTITIONS)
    worker = deployment.worker()
    with deployment.trickle(a_log(PARTITIONS)):
        deployment.wait_progress(1_200)
        deployment.valkey.kill()
        _start(deployment.valkey)
    deployment.wait_done()

    _end(worker)
    return deployment.results()


def kafka_is_killed(deployment: Deployment) -> Results:
    """Kill Kafka while a transaction is open, and start it again while orders come.

    Not between commit and markers: there Kafka 4.3.1 itself loses the offsets of a committed transaction when its
    last broker dies (KAFKA-20734), and the worker rightly stops with OFFSETS_DISAGREE.
    """
    log = a_log(PARTITIONS)
    deployment.create(PARTITIONS).send(log[:HEAD])
    worker = deployment.worker(stop_at="offsets:6", kafka_transaction_timeout_ms=30_000)
    worker.wait_hit()
    deployment.kafka.kill()
    deployment.kafka.start()
    worker.resume()
    with deployment.trickle(log[HEAD:]):
        deployment.wait_progress(HEAD)
    deployment.wait_done()

    _end(worker)
    return deployment.results()
