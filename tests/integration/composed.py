"""The services of docker-compose.yml as processes here: their command lines and environments, at addresses of ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import yaml  # type: ignore[import-untyped]

from stream_app.local.child import Child
from stream_app.local.ports import free_ports
from tests.integration.environment import outer_environment
from tests.integration.waiting import wait_for

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PORTS = {"worker": ("SEGSTREAM_WEB_PORT", 6066), "api": ("SEGSTREAM_API_PORT", 8000)}
PORTS |= {"dashboard": ("SEGSTREAM_DASHBOARD_PORT", 8501)}
START_SECONDS = 90.0


class Composed:
    """Runs services one by one; what Compose would give a container is replaced by what is here."""

    def __init__(self, folder: Path, addresses: dict[str, str]) -> None:
        """`addresses`: what stands in the file for another machine, and what it is here."""
        self._folder = folder
        self._ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self._addresses = addresses | {"/store": str(folder / "store")}
        self._addresses |= {f"//api:{PORTS['api'][1]}": f"//127.0.0.1:{self._ports['api']}"}

    @contextmanager
    def running(self, name: str) -> Iterator[Child]:
        """Run a service until it is healthy, and to the end of the context."""
        child = self._start(name)
        try:
            wait_for(
                f"{name} is healthy", lambda: self._is_healthy(name, child), START_SECONDS, lambda: self.said(name)
            )
            yield child
        finally:
            child.kill()

    def completed(self, name: str, *more: str) -> int:
        """Run a service that ends by itself, and return its exit code."""
        return self._start(name, *more).wait(START_SECONDS)

    def create_topics(self) -> None:
        """Do what the service `topics` does, with our own command."""
        argv = [sys.executable, "-m", "stream_app.cli", "topics", "create"]
        output = self._folder / "topics.out"
        child = Child.start(argv, env=self._environment("worker"), stdout=output)
        assert child.wait(START_SECONDS) == 0, output.read_text()

    def health_url(self, name: str) -> str:
        """Return where Compose or the image asks whether a service is healthy."""
        standing = "http://127.0.0.1:6066/healthz"
        url = str(COMPOSE["services"][name]["environment"].get("HEALTH_URL", standing))
        return url.replace(str(PORTS[name][1]), str(self._ports[name]))

    def said(self, name: str) -> str:
        """Return what a service has written."""
        return (self._folder / f"{name}.out").read_text(errors="replace")

    def look(self) -> None:
        """Ask the running services what a user would ask them, by the script that does so where a Docker engine is."""
        places = {name.upper(): f"http://127.0.0.1:{port}" for name, port in self._ports.items()}
        subprocess.run(
            [ROOT / "tests" / "look_at_compose.sh"], env=outer_environment() | places, check=True, timeout=240
        )

    def _start(self, name: str, *more: str) -> Child:
        service = COMPOSE["services"][name]
        command = service.get("command", ["worker"])
        argv = [sys.executable, "-m", "stream_app.cli", *(self._here(word) for word in command), *more]
        return Child.start(argv, env=self._environment(name), stdout=self._folder / f"{name}.out")

    def _environment(self, name: str) -> dict[str, str]:
        given = {key: self._here(value) for key, value in COMPOSE["services"][name]["environment"].items()}
        if name in PORTS:
            given[PORTS[name][0]] = str(self._ports[name])
        return outer_environment() | given | {"HOME": str(self._folder), "TMPDIR": str(self._folder)}

    def _here(self, text: str) -> str:
        text = text.replace("${SEGSTREAM_CLOCK:-event}", "event").replace("/tmp/", f"{self._folder}/")  # noqa: S108
        for there, here in self._addresses.items():
            text = text.replace(there, here)
        return text

    def _is_healthy(self, name: str, child: Child) -> bool:
        assert child.poll() is None, self.said(name)
        try:
            answer = requests.get(self.health_url(name), timeout=4)
        except requests.ConnectionError:
            return False
        return answer.ok
