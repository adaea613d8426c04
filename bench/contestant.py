"""Who takes part: something with a command, a count of orders done, and an output that can be checked."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

import psutil

from bench.deployment import Deployment
from stream_app.local.child import Child

STOP_SECONDS = 30


class Contestant(Protocol):
    """One way to do the work, as a process of its own."""

    @property
    def key(self) -> str:
        """What `--only` calls it."""

    @property
    def name(self) -> str:
        """What the tables call it."""

    @property
    def lacks(self) -> str:
        """What it does not do, in one line; empty for the whole work."""

    @property
    def most_orders(self) -> int | None:
        """As many orders as it can do in a few seconds, where a full run would take minutes."""

    @property
    def is_timed_by_order(self) -> bool:
        """Say whether it takes part in the comparison of latencies."""

    @property
    def codec(self) -> str:
        """How the orders it reads are compressed."""

    def prepare(self, deployment: Deployment) -> None:
        """Put the model where the process will look for it."""

    def command(self) -> list[str]:
        """Return the command line."""

    def environment(self, deployment: Deployment) -> Mapping[str, str]:
        """Return the variables that the process needs besides ours."""

    def processed(self, deployment: Deployment) -> int:
        """Return how many orders are done."""

    def check(self, deployment: Deployment, number: int) -> int:
        """Return how many changes were published; raises AssertionError if anything in the output is wrong."""


@contextmanager
def running(contestant: Contestant, deployment: Deployment) -> Iterator[psutil.Process]:
    """Run the contestant, and end it in order."""
    contestant.prepare(deployment)
    env = {**os.environ, **contestant.environment(deployment)}
    child = Child.start(contestant.command(), env=env, stdout=deployment.output)
    try:
        yield psutil.Process(child.pid)
        assert child.poll() is None, f"{contestant.name} ended by itself: {last_words(deployment)}"
    finally:
        child.terminate(STOP_SECONDS)


def last_words(deployment: Deployment) -> str:
    """Return the end of what the contestant wrote."""
    return deployment.output.read_text(errors="replace")[-2_000:]
