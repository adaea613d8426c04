"""A real Prometheus on the committed configuration, pointed at services that run here."""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml  # type: ignore[import-untyped]

from stream_app.core.errors import SegstreamError
from stream_app.local.child import Child
from stream_app.local.ports import HOST, free_ports

COMMITTED = Path(__file__).parents[2] / "deploy" / "prometheus"
START_SECONDS = 20.0
ASK_SECONDS = 5.0


class Prometheus:
    """Scrapes once a second; ends with its context."""

    def __init__(self, program: Path, folder: Path, ports: Mapping[str, int]) -> None:
        """`ports`: for each job of the committed configuration, where its one target listens on this machine."""
        self._program = program
        self._folder = folder
        self._ports = ports
        self.port = free_ports(1)[0]

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "prometheus.yml").write_text(yaml.safe_dump(self._configuration()))
        shutil.copy(COMMITTED / "alerts.yml", self._folder / "alerts.yml")
        self._child = Child.start(self._command(), env=None, stdout=self._folder / "prometheus.log")
        self._wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """Return the series that an expression gives now; raises SegstreamError when it cannot be evaluated."""
        found = self._get("/api/v1/query?" + urllib.parse.urlencode({"query": expr}))
        if found["status"] != "success":
            raise SegstreamError(f"Prometheus cannot evaluate {expr}: {found.get('error')}")
        result: list[dict[str, Any]] = found["data"]["result"]
        return result

    def wait_for_targets(self) -> None:
        """Return when every job was scraped; raises SegstreamError for those that cannot be."""
        until = time.monotonic() + START_SECONDS
        while missing := set(self._ports) - self._scraped():
            if time.monotonic() > until:
                raise SegstreamError(f"Prometheus cannot scrape {', '.join(sorted(missing))}.")
            time.sleep(0.1)

    def _scraped(self) -> set[str]:
        found = self._get("/api/v1/targets?state=active")["data"]["activeTargets"]
        return {target["labels"]["job"] for target in found if target["health"] == "up"}

    def rule_problems(self) -> list[str]:
        """Return what Prometheus says of rules that it could not evaluate."""
        groups = self._get("/api/v1/rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule.get("lastError")]

    def _configuration(self) -> dict[str, Any]:
        committed: dict[str, Any] = yaml.safe_load((COMMITTED / "prometheus.yml").read_text())
        committed["global"] = {"scrape_interval": "1s", "evaluation_interval": "2s"}
        jobs = [job for job in committed["scrape_configs"] if job["job_name"] in self._ports]
        for job in jobs:
            del job["dns_sd_configs"]
            job["static_configs"] = [{"targets": [f"{HOST}:{self._ports[job['job_name']]}"]}]
        return {**committed, "scrape_configs": jobs}

    def _command(self) -> list[str]:
        where = [f"--config.file={self._folder / 'prometheus.yml'}", f"--storage.tsdb.path={self._folder / 'data'}"]
        return [
            str(self._program),
            *where,
            f"--web.listen-address={HOST}:{self.port}",
            "--enable-feature=exemplar-storage",
        ]

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://{HOST}:{self.port}/-/ready", timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise SegstreamError(f"Prometheus does not answer: {(self._folder / 'prometheus.log').read_text()[-500:]}")

    def _get(self, path: str) -> Any:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{self.port}{path}", timeout=ASK_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)
