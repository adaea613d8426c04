"""A live deployment to count anew beside, and the commands that do it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration.deployment import PARTITIONS, Deployment
from tests.integration.shop import Sent, a_log


def a_shuffled_log() -> list[Sent]:
    """Return a shop's log in which neighbours have changed places, and every tenth order came twice."""
    luck = random.Random(3)
    log = a_log(PARTITIONS, orders=1_500)
    log += luck.sample([sent for sent in log if sent.value is not None], 150)
    places = sorted(range(len(log)), key=lambda at: at + luck.uniform(0, 40))
    return [log[at] for at in places]


@contextmanager
def a_live_deployment(kafka: LocalKafka, valkey: LocalRedis, folder: Path) -> Iterator[Deployment]:
    """Yield a deployment whose worker was killed in the middle and began again, and that is at rest."""
    with Deployment(kafka, valkey, folder) as deployment:
        deployment.create(PARTITIONS).send(a_shuffled_log())
        deployment.worker(kill_at="commit_acked:5").wait_hit()
        deployment.run_to_end()
        yield deployment


def replayed(live: Deployment, into: str, *flags: str, **env: str) -> dict[str, Any]:
    done = live.terminal().run("replay", "--into", into, "--json", *flags, **env)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def compared(live: Deployment, into: str, *flags: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of a comparison with live that expects no difference, and what it found."""
    done = live.terminal().run("replay", "diff", "live", into, "--expect-equal", "--json", *flags)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)
