"""What `segstream init` writes, run: each service's own command, in the folder, on a Kafka and Redis that are there."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml  # type: ignore[import-untyped]

from stream_app.local.child import Child
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from tests.integration.terminal import Terminal, clean_environment
from tests.integration.waiting import wait_for


def readyz(port: int) -> dict[str, Any]:
    """Return what /readyz says, nothing while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            said: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            said = json.load(error)
    except OSError:
        return {}
    return said


def test_the_services_of_a_new_deployment_run_on_servers_that_are_there(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"d{uuid4().hex[:8]}"
    user = Terminal(tmp_path, clean_environment())
    plan = ("--deployment", name, "--kafka-bootstrap-servers", kafka.bootstrap, "--redis-url", valkey.url,
            "--partitions", "2", "--replication", "1")  # fmt: skip
    alone = user.run("init", *plan).stderr
    services = yaml.safe_load((tmp_path / "docker-compose.yml").read_text())["services"]

    user.ok(*services["topics"]["command"])
    # The container has a network and a /store of its own; this machine has a folder and a port.
    port = free_ports(1)[0]
    here = {"SEGSTREAM_MODEL_URI": "./store", "SEGSTREAM_WEB_HOST": "127.0.0.1", "SEGSTREAM_WEB_PORT": str(port)}
    monkeypatch.chdir(tmp_path)
    worker = Child.start(
        [sys.executable, "-m", "stream_app.cli", "worker"],
        env=clean_environment() | services["worker"]["environment"] | here,
        stdout=tmp_path / "worker.out",
    )
    try:
        wait_for("the worker waits for a model", lambda: "no model is live" in str(readyz(port)), 30)
        done = user.run("doctor", "--json")
        beside = user.run("init", *plan, "--force").stderr
    finally:
        worker.terminate(10)

    findings = {finding["check"]: finding for finding in json.loads(done.stdout)}
    assert [check for check, finding in findings.items() if finding["status"] == "problem"] == ["model.live"]
    assert findings["settings.sources"]["says"] == "Settings come from here: .env, segstream.toml."
    assert findings["topics.exist"]["says"] == "All five exist, with 2 partitions."
    assert user.run("topics", "check").returncode == 0
    assert "joins the deployment" not in alone
    assert f"has {name}.customer-state.v1 and 4 more of our topics already" in beside
