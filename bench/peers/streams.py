"""Kafka Streams as a contestant: built by Maven, started as a JVM, checked by its changelog and its changes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.deployment import Deployment
from bench.peers.peer import check_frequencies, check_moves, peer_environment, prepare_peer, progress_file
from bench.peers.progress import read_progress
from bench.recount import recount

PROJECT = Path(__file__).with_name("kafka_streams")
BUILT = Path(__file__).parents[2] / "build" / "kafka-streams"
MAIN = "segstream.bench.Peer"

LACKS = (
    "no window and no aging (totals since ever); no returns, revisions or duplicates; money in floats; "
    "nothing in Redis, the state is in RocksDB inside the process; a record that cannot be read stops it; "
)
AT_LEAST_ONCE = "a crash counts orders twice"
EXACTLY_ONCE = "exactly once inside Kafka only"


class NotBuilt(Exception):
    """Why there is no Kafka Streams here."""


def build() -> None:
    """Compile the peer and fetch what it needs; raises NotBuilt."""
    if shutil.which("mvn") is None:
        raise NotBuilt("mvn is not on the PATH")
    command = ["mvn", "-q", "-B", "-f", str(PROJECT / "pom.xml"), "compile", "dependency:copy-dependencies"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        said = next((line for line in done.stdout.splitlines() if "ERROR" in line), done.stderr.strip())
        raise NotBuilt(f"mvn failed: {said}")


@dataclass(frozen=True)
class KafkaStreams:
    """One JVM with so many stream threads."""

    key: str
    name: str
    guarantee: str
    """`at_least_once` or `exactly_once_v2`."""
    threads: int
    is_timed_by_order: bool = False
    most_orders: int | None = None
    codec: str = "lz4"

    @property
    def lacks(self) -> str:
        """What it does not do."""
        return LACKS + (EXACTLY_ONCE if self.guarantee == "exactly_once_v2" else AT_LEAST_ONCE)

    def prepare(self, deployment: Deployment) -> None:
        """Write the model and clear the progress."""
        prepare_peer(deployment)

    def command(self) -> list[str]:
        """Return the JVM's command line; everything it does not say is the JVM's default."""
        class_path = f"{BUILT / 'classes'}{os.pathsep}{BUILT / 'dependency' / '*'}"
        return [_java(), "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", class_path, MAIN]

    def environment(self, deployment: Deployment) -> Mapping[str, str]:
        """Return where to work, with what guarantee and how many threads."""
        own = {"PEER_GUARANTEE": self.guarantee, "PEER_THREADS": str(self.threads)}
        return {**peer_environment(deployment), **own}

    def processed(self, deployment: Deployment) -> int:
        """Return how many orders have passed, committed or not: the count is in the peer's favour."""
        return read_progress(progress_file(deployment))

    def check(self, deployment: Deployment, number: int) -> int:
        """Return how many changes were published, having compared them and the changelog with the recount."""
        expected = recount(number)
        changelog = deployment.committed(f"{deployment.name}-customers-changelog")
        check_frequencies({key.decode(): int.from_bytes(value[:8]) for key, value in changelog}, expected)
        return check_moves(deployment, expected)


def _java() -> str:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else "java"
