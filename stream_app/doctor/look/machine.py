"""Looks at this machine: Python, the packages that segstream declares, and the clock beside the newest record's."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from stream_app.doctor.facts import ClockFacts, MachineFacts, OrderFacts, Package, RedisFacts

_SHOWN = ("confluent-kafka", "faust-streaming", "mode-streaming", "aiokafka", "redis", "msgspec", "numpy")
"""The packages whose versions have broken workers before."""


def look_at_machine() -> MachineFacts:
    """Return the versions of what runs here, beside what segstream asks for."""
    from confluent_kafka import libversion

    return MachineFacts(platform.python_version(), version("segstream"), libversion()[0], tuple(_packages()))


def _packages() -> Iterator[Package]:
    for line in requires("segstream") or []:
        found = re.match(r"([A-Za-z0-9_-]+)(?:\[[^\]]*\])?\s*([^;]*)(;.*)?$", line)
        if found and not found[3] and found[1] in _SHOWN:
            yield Package(found[1], _installed(found[1]), found[2].strip())


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def look_at_clocks(redis: RedisFacts, orders: OrderFacts | None) -> ClockFacts:
    """Return how far other clocks are before this machine's."""
    newest = max((order.timestamp for order in orders.sample), default=None) if orders is not None else None
    return ClockFacts(
        redis_ahead_seconds=redis.ahead_seconds if redis.is_usable else None,
        record_ahead_seconds=None if newest is None else newest / 1e6 - time.time(),
    )
