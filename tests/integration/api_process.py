"""A real `segstream api` in a process of its own, and a client that speaks plain HTTP to it."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Iterator
from typing import Any, NamedTuple, Self
from uuid import uuid4

from stream_app.cli import main
from stream_app.local.ports import free_ports
from tests.forks import Fork
from tests.integration.deployment import Deployment
from tests.integration.environment import environment_of, outer_environment
from tests.integration.waiting import wait_for
from tests.integration.worker_process import STARTING

GOOD = {"Recency": 15, "Frequency": 50, "Monetary": 1200.5, "Unique_Products": 10}


class Said(NamedTuple):
    """One answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, which must be JSON."""
        return json.loads(self.body)


class Event(NamedTuple):
    """One server-sent event; data is empty when only the place was told."""

    id: str
    data: str


class Speaker:
    """Whoever answers HTTP on a port of this machine."""

    port: int

    def get(self, path: str, *, seconds: float = 30.0, **headers: str) -> Said:
        return self.ask("GET", path, None, headers, seconds)

    def post(self, path: str, body: Any, **headers: str) -> Said:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", path, raw, {"content_type": "application/json"} | headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str], seconds: float = 30.0) -> Said:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): v for name, v in headers.items()})
            found = connection.getresponse()
            return Said(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
        finally:
            connection.close()


class ApiProcess(Speaker):
    """The API of a deployment; it never outlives the test."""

    def __init__(self, deployment: Deployment, env: dict[str, str] | None = None, **settings: Any) -> None:
        self.output = deployment.folder / f"api-{uuid4().hex[:6]}.out"
        values = deployment.settings.model_dump() | {"api_requests_per_second": 0} | settings
        with STARTING:
            self.port = free_ports(1)[0]
            if env is None:
                env = outer_environment() | environment_of(values)
            env = env | {"SEGSTREAM_API_PORT": str(self.port)}
            self._child = Fork.start(main, ["api"], env=env, stdout=self.output)

    def __enter__(self) -> Self:
        wait_for("the API listens", self._is_up, said=self.said)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()

    def _is_up(self) -> bool:
        try:
            return self.get("/healthz", seconds=2).status == 200
        except OSError:
            return False

    def ready(self, authorization: str = "") -> Self:
        """Wait until a model answers."""
        headers = {"authorization": authorization} if authorization else {}
        wait_for("the API has a model", lambda: self.post("/predict", GOOD, **headers).status == 200, said=self.said)
        return self

    @property
    def pid(self) -> int:
        return self._child.pid

    def terminate(self, seconds: float) -> int:
        """Ask it to end and return its exit code."""
        os.kill(self._child.pid, signal.SIGTERM)
        return self._child.wait(seconds)

    def said(self) -> str:
        return self.output.read_text(errors="replace")


class Subscriber:
    """Reads server-sent events as they come, until it is cut off."""

    def __init__(
        self, api: Speaker, query: str = "", last_id: str = "", seconds: float = 20.0, path: str = "/changes"
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=seconds)
        self._connection.request("GET", f"{path}{query}", headers={"Last-Event-ID": last_id} if last_id else {})
        self.answer = self._connection.getresponse()

    def events(self) -> Iterator[Event]:
        """Yield the events; ends with the stream."""
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, _, value = line.rstrip("\n").partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
            elif line == "\n":
                if fields:
                    yield Event(fields.get("id", ""), fields.get("data", ""))
                fields = {}

    def cut(self) -> None:
        """Break the connection off."""
        self.answer.close()
        self._connection.close()
