"""Plain Faust as a contestant: how it is started and checked; the program itself is `faust_peer.py`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from bench.deployment import Deployment
from bench.peers.peer import check_frequencies, check_moves, peer_environment, prepare_peer, progress_file
from bench.peers.progress import read_progress
from bench.recount import recount

LACKS = (
    "no window and no aging (totals since ever); no returns, revisions or duplicates; money in floats; at-least-once, "
    "so that a crash counts orders twice in Redis; nothing to rebuild Redis from; a record that cannot be read is lost"
)


@dataclass(frozen=True)
class PlainFaust:
    """One Faust worker with one agent."""

    key: str
    name: str
    scoring: str
    """`predict` or `folded`."""
    most_orders: int
    lacks: str = LACKS
    is_timed_by_order: bool = False
    codec: str = "none"
    """Faust's client reads lz4 only with one more package; uncompressed costs it less."""

    def prepare(self, deployment: Deployment) -> None:
        """Clear the progress."""
        prepare_peer(deployment)

    def command(self) -> list[str]:
        """Return Faust's own command line."""
        return [sys.executable, "-m", "bench.peers.faust_peer", "worker", "--loglevel", "warn", "--without-web"]

    def environment(self, deployment: Deployment) -> Mapping[str, str]:
        """Return where to work, and how to score."""
        return {**peer_environment(deployment), "PEER_SCORING": self.scoring}

    def processed(self, deployment: Deployment) -> int:
        """Return how many orders are in Redis."""
        return read_progress(progress_file(deployment))

    def check(self, deployment: Deployment, number: int) -> int:
        """Return how many changes were published, having compared them and Redis with the recount."""
        expected = recount(number)
        keys = list(expected.frequencies)
        pipeline = deployment.redis.pipeline(transaction=False)
        for customer in keys:
            pipeline.hget(f"{deployment.settings.redis_prefix}customer:{customer}", "frequency")
        found = [int(frequency or 0) for frequency in pipeline.execute()]
        check_frequencies(dict(zip(keys, found, strict=True)), expected)
        return check_moves(deployment, expected)
