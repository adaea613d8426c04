"""The demo's running parts: Kafka, Valkey and a worker, none of which can outlive the demo."""

from __future__ import annotations

import http.client
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from stream_app.demo.board import Board
from stream_app.demo.drawing.snapshot import KAFKA, REDIS
from stream_app.demo.guard import Guard
from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.part import LocalPart
from stream_app.local.ports import HOST, free_ports
from stream_app.local.valkey import LocalRedis
from stream_app.settings import Settings, load_settings, variable_of

PARTITIONS = 4
HTTP_SECONDS = 1.0


@dataclass(frozen=True)
class Parts:
    """The servers, and the settings that lead to them."""

    kafka: LocalKafka
    redis: LocalRedis
    settings: Settings
    folder: Path

    def exports(self) -> dict[str, str]:
        """Return the variables with which a command in another terminal reaches this demo."""
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "REDIS_URL": self.redis.url,
            "SEGSTREAM_MODEL_URI": self.settings.model_uri,
        }

    def start(self, verb: str, *, is_patient: bool = False) -> Child:
        """Start `segstream` with a verb as its own process; a patient one leaves the processor to the others."""
        command = [sys.executable, "-m", "stream_app.cli", verb]
        if is_patient and (nice := shutil.which("nice")) is not None:
            command = [nice, "-n", "10", *command]
        return Child.start(command, env=self._environment(), stdout=self._output(verb))

    def last_words(self, verb: str) -> Callable[[], str]:
        """Return what looks up the last line that a process wrote, or nothing."""

        def look() -> str:
            output = self._output(verb)
            text = output.read_text(errors="replace") if output.exists() else ""
            return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")

        return look

    def _output(self, verb: str) -> Path:
        return self.folder / f"{verb}.out"

    def _environment(self) -> dict[str, str]:
        # Every setting is said: one that the user has in the environment or in .env is for another deployment.
        said = {variable_of(name): getattr(self.settings, name) for name in Settings.model_fields}
        plain = {name: str(value) for name, value in said.items() if isinstance(value, str | int)}
        rest = {"KAFKA_EXTRA": "{}", "TMPDIR": str(self.folder)}
        return {**os.environ, **plain, **self.exports(), **rest}

    def is_worker_ready(self) -> bool:
        """Tell whether the worker says that it is ready."""
        return self.page(self.settings.web_port, "/readyz")[0] == http.client.OK

    def dead_letters(self) -> int:
        """Return how many orders the worker has parked, 0 while it does not answer."""
        _, page = self.page(self.settings.web_port, "/metrics")
        samples = (sample for family in text_string_to_metric_families(page) for sample in family.samples)
        return int(sum(sample.value for sample in samples if sample.name == "segstream_dead_letters_total"))

    @staticmethod
    def page(port: int, path: str) -> tuple[int, str]:
        """Return what a part's page answers: status 0 while nobody does."""
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(HOST, port, timeout=HTTP_SECONDS)
            try:
                connection.request("GET", path)
                answer = connection.getresponse()
                return answer.status, answer.read().decode()
            finally:
                connection.close()
        return 0, ""


@contextmanager
def running_parts(folder: Path, board: Board, guard: Guard) -> Iterator[Parts]:
    """Start Kafka and Valkey on free ports, and end them at once at the end: nobody needs what they hold."""
    redis, kafka = LocalRedis(folder / "redis", is_durable=False), LocalKafka(folder / "kafka", is_brief=True)
    with _running(redis, board, guard, REDIS), _running(kafka, board, guard, KAFKA):
        yield Parts(kafka, redis, _settings(folder, kafka, redis), folder)


@contextmanager
def _running(part: LocalPart, board: Board, guard: Guard, name: str) -> Iterator[None]:
    try:
        board.begin(name, "starting")
        part.start()
        board.end(name, f"answers on {HOST}:{part.port}")
        with guard.over(name, part.poll, part.last_words):
            yield
    finally:
        part.kill()


def _settings(folder: Path, kafka: LocalKafka, redis: LocalRedis) -> Settings:
    """Return the settings of this demo alone, whatever the environment says of other deployments."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    web, api, dashboard = free_ports(3)
    own = {
        "kafka_bootstrap_servers": kafka.bootstrap,
        "redis_url": redis.url,
        "model_uri": str(folder / "store"),
        "web_port": web,
        "api_port": api,
        "api_url": f"http://{HOST}:{api}",
        "dashboard_port": dashboard,
        # The shop's year is long past.
        "clock": "event",
        "log_format": "json",
        # The client would write to the terminal that its brokers are gone, when we have ended them.
        "kafka_extra": {"log_level": "0"},
    }
    return load_settings(**{**defaults, **own})
