"""What a replay may be told: which stretch of the orders, by which model; and how it is taken away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.builders import A_CENTROID_SET, a_model
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.replays import a_live_deployment, compared, replayed
from tests.integration.shop import a_log
from tests.integration.waiting import wait_for

OTHER = a_model(version="20260101T000000Z-other", centroids=tuple((x + 1.4, y + 1.4) for x, y in A_CENTROID_SET))


@pytest.fixture(scope="module")
def live(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with a_live_deployment(kafka, valkey, tmp_path_factory.mktemp("replay")) as deployment:
        yield deployment


@pytest.mark.long
def test_a_stretch_is_what_it_says_and_later_orders_are_no_difference(live: Deployment) -> None:
    ends = [end // 2 for end in live.ends(live.topics.orders)]
    written = ",".join(f"{partition}:{end}" for partition, end in enumerate(ends))

    done = replayed(live, "half", "--to", written)

    assert done["ends"] == ends
    code, found = compared(live, "half")
    assert (code, found["different"]) == (0, 0), found
    assert found["moved_since"] > 0
    # Another stretch in the same place is refused
    other = live.terminal().run("replay", "--into", "half", "--to", "0:1")
    assert (other.returncode, "REPLAY_DIFFERS" in other.stderr) == (1, True)
    # From later on, what was before is missing
    newest = ",".join(f"{p}:{end * 15 // 16}" for p, end in enumerate(live.ends(live.topics.orders)))
    replayed(live, "later", "--from", newest)
    code, found = compared(live, "later")
    assert code == 1
    assert set(found["reasons"]) <= {"late orders", "missing on one side", "corrected orders"}


@pytest.mark.long
def test_ctrl_c_ends_a_replay_in_order_and_the_same_command_goes_on(live: Deployment) -> None:
    out = live.folder / "interrupted.out"
    child = live.terminal().begin("replay", "--into", "slow", "--rate", "300", said=out)
    prefix = f"{live.settings.redis_prefix}shadow:slow:customer:*"
    wait_for("somebody is counted", lambda: live.redis.keys(prefix), 30, out.read_text)

    os.kill(child.pid, signal.SIGINT)

    assert child.wait(20) == 130
    assert "the same command goes on from there" in out.read_text()
    done = replayed(live, "slow")
    assert done["orders"] < sum(done["ends"])
    assert compared(live, "slow")[1]["different"] == 0


@pytest.mark.long
def test_another_model_is_told_and_a_namespace_is_removed_whole(live: Deployment) -> None:
    live.settings.models.publish(OTHER)

    done = replayed(live, "other", "--model", OTHER.version)

    assert done["model"] == OTHER.version
    # Under one model on paper both are the same; under their own the segments differ, and nothing else
    assert compared(live, "other")[1]["different"] == 0
    code, found = compared(live, "other", "--own-models")
    assert (code, set(found["reasons"])) == (1, {"other model"})
    assert set(found["fields"]) <= {"segment", "valid_until"}

    terminal = live.terminal()
    orders, prefix = live.ends(live.topics.orders), f"{live.settings.redis_prefix}shadow:other:"
    assert f"Redis keys {prefix}*" in terminal.ok("replay", "remove", "other")
    assert live.redis.keys(f"{prefix}*")
    terminal.ok("replay", "remove", "other", "--yes")
    assert live.redis.keys(f"{prefix}*") == []
    assert live.ends(live.topics.orders) == orders
    assert "NAMESPACE_EMPTY" in terminal.run("replay", "diff", "live", "other").stderr
    assert live.redis.keys(f"{live.settings.redis_prefix}customer:*")


@pytest.mark.long
def test_who_is_erased_is_in_no_replay(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> None:
    with Deployment(kafka, valkey, tmp_path, erasure_key="a secret of 32 characters or more") as deployment:
        deployment.create(PARTITIONS).send(a_log(PARTITIONS, orders=300))
        deployment.worker()
        deployment.wait_done()
        # Given one replay from before somebody is erased, whose marker it never comes to
        ends = ",".join(f"{p}:{end}" for p, end in enumerate(deployment.ends(deployment.topics.orders)))
        erased = deployment.terminal().run("erase", "C1")
        assert erased.returncode == 0, erased.stderr

        replayed(deployment, "before", "--to", ends)
        replayed(deployment, "after")

        prefix = deployment.settings.redis_prefix
        assert deployment.redis.keys(f"{prefix}shadow:*:customer:C1") == []
        assert deployment.redis.keys(f"{prefix}shadow:after:customer:*") != []
        code, found = compared(deployment, "after")
        assert (code, found["different"], found["moved_since"]) == (0, 0, 0), found
        assert compared(deployment, "before")[1]["different"] == 0
