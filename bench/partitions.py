"""What Redis shows of a deployment's partitions, and waiting for it."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

from bench.contestant import last_words
from bench.deployment import PARTITIONS, Deployment
from stream_app.worker.meta import Meta, decode_meta

GIVE_UP_SECONDS = 300.0


def due_at(deployment: Deployment, instant: int) -> int:
    """Return how many customers Redis shows as due at an instant."""
    return sum(deployment.redis.zcount(key, "-inf", instant) for key in _due_keys(deployment))


def customers(deployment: Deployment) -> int:
    """Return how many customers there are."""
    return sum(deployment.redis.zcard(key) for key in _due_keys(deployment))


def _due_keys(deployment: Deployment) -> Iterator[str]:
    settings = deployment.settings
    return (f"{settings.redis_prefix}due:{settings.topics.orders}:{partition}" for partition in range(PARTITIONS))


def metas(deployment: Deployment) -> list[Meta]:
    """Return the meta records of all partitions."""
    settings = deployment.settings
    keys = [f"{settings.redis_prefix}partition:{settings.topics.orders}:{p}" for p in range(PARTITIONS)]
    return [decode_meta(deployment.redis.hget(key, "meta")) for key in keys]


def wait_until_ready(deployment: Deployment) -> None:
    """Wait until the worker runs all of its partitions."""
    url = f"http://127.0.0.1:{deployment.settings.web_port}/readyz"
    wait_until(lambda: _is_ok(url), deployment)


def wait_until(is_there: Callable[[], bool], deployment: Deployment, every: float = 0.05) -> None:
    """Wait until something is so; raises AssertionError with the worker's last words if that never happens."""
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not is_there():
        assert time.monotonic() < deadline, f"gave up waiting: {last_words(deployment)}"
        time.sleep(every)


def _is_ok(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
