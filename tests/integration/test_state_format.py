"""A new state format is a replay and a swap: a release that has one goes on with old states, and brings all over."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stream_app.core.state_layout import STATE_FORMAT
from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.worker.meta import formats_of
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.environment import run_by
from tests.integration.next_release import FORMAT, OLDEST_AT, a_next_release
from tests.integration.results import broken_chains
from tests.integration.shop import a_log
from tests.integration.swapping import STEPS, metas
from tests.integration.waiting import wait_for

LOG = a_log(PARTITIONS, orders=1_500, customers=300)
EARLY, LATE, LAST = LOG[:1_200], LOG[1_200:1_300], LOG[1_300:]
SLICE = 3


def headers(live: Deployment) -> dict[str, list[Any]]:
    """Return what stands before the orders in everybody's state, whatever its format."""
    return {name: msgspec.msgpack.decode(state)[0] for name, state in live.results().changelog.items()}


def formats(live: Deployment) -> set[tuple[int, int]]:
    return {formats_of(meta) for meta in metas(live)}


@pytest.mark.long
@pytest.mark.timeout(300)
def test_a_release_with_another_format_goes_on_and_a_swap_brings_everybody_to_it(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    code = a_next_release(tmp_path)
    with Deployment(kafka, valkey, tmp_path) as live:
        # Given customers whose states this release wrote, and a worker of the next release that took them over
        live.create(PARTITIONS).send(EARLY)
        live.run_to_end()
        worker = live.worker(due_slice=SLICE, code=code)
        live.send(LATE)
        live.wait_done()
        assert formats(live) == {(STATE_FORMAT, FORMAT)}
        assert {header[0] for header in headers(live).values()} == {STATE_FORMAT, FORMAT}

        # When everybody is counted anew by it and swapped in, and it dies in the middle
        terminal, env = live.terminal(), run_by(code)
        counted = terminal.run("replay", "--into", "next", **env)
        assert counted.returncode == 0, counted.stderr
        argv = [sys.executable, "-m", "stream_app.cli", "replay", "swap", "next"]
        child = Child.start(argv, env=terminal.env | env, stdout=tmp_path / "swap.out")
        wait_for("it has begun", lambda: any(map(STEPS["begun"], metas(live))) or child.poll() is not None, 60)
        worker.kill()
        successor = live.worker("w1", due_slice=SLICE, code=code)
        live.send(LAST)
        assert child.wait(90) == 0, (tmp_path / "swap.out").read_text()
        live.wait_done()

        # Then every state is in the new format, with what only that has, as a fresh count by it gives
        assert formats(live) == {(FORMAT, FORMAT)}
        assert {header[0] for header in headers(live).values()} == {FORMAT}
        assert any(header[OLDEST_AT] for header in headers(live).values())
        check = terminal.run("replay", "--into", "check", **env)
        assert check.returncode == 0, check.stderr
        compared = terminal.run("replay", "diff", "live", "check", "--expect-equal", **env)
        assert compared.returncode == 0, compared.stdout + compared.stderr
        assert broken_chains(live.changes()) == []

        # And this release leaves them alone
        assert successor.terminate() == 0, successor.said()
        back = live.worker()
        assert back.wait(30) == 1
        assert "STATE_FORMAT" in back.said()
