"""A real worker in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from stream_app.local.child import Child
from stream_app.local.ports import free_ports
from tests.forks import Fork
from tests.integration import faulty_worker
from tests.integration.waiting import wait_for

STARTING = threading.Lock()
"""Held while a port is looked for or a process started: a fork would hold the port that another thread is probing."""


class WorkerProcess:
    """A real worker in a process of its own; it never outlives the test."""

    def __init__(self, folder: Path, env: dict[str, str], words: Sequence[str] = ()) -> None:
        """Start the module with its arguments, or the worker with faults that the environment names."""
        self.output = folder / f"worker-{uuid4().hex[:6]}.out"
        self._marker = self.output.with_suffix(".marker")
        with STARTING:
            self.port = free_ports(1)[0]
            own = {"SEGSTREAM_WEB_PORT": str(self.port), "FAULT_MARKER": str(self._marker)}
            self._child = _started(words, env | own, self.output)
        self.kill = self._child.kill
        self.suspend = self._child.suspend
        self.resume = self._child.resume
        self.wait = self._child.wait

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        return self._child.pid

    def is_running(self) -> bool:
        return self._child.poll() is None

    def terminate(self, seconds: float = 10.0) -> int:
        """Ask it to end and return its exit code; fail when it takes longer than it may."""
        os.kill(self.pid, signal.SIGTERM)
        try:
            return self.wait(seconds)
        except TimeoutError:
            raise AssertionError(f"still there {seconds:.0f} s after SIGTERM:\n{self.testimony()}") from None

    def said(self) -> str:
        return self.output.read_text(errors="replace")

    def testimony(self) -> str:
        """Return what it said, and where each of its threads stands now: for the report of a failure."""
        if self.is_running():
            os.kill(self.pid, signal.SIGQUIT)
            # One that is suspended cannot tell.
            with suppress(AssertionError):
                wait_for("the threads are told", lambda: "(most recent call first)" in self.said(), 5)
        return self.said()

    def hit(self) -> dict[str, Any] | None:
        """Return what the worker wrote down when it reached its fault, None before."""
        return json.loads(self._marker.read_text()) if self._marker.exists() else None

    def wait_hit(self, seconds: float = 30.0) -> dict[str, Any]:
        """Wait until the worker reached its fault."""

        def has_hit() -> dict[str, Any] | None:
            assert self.hit() or self.is_running(), f"ended ({self.wait()}) before its fault:\n{self.said()}"
            return self.hit()

        found: dict[str, Any] = wait_for("the fault is reached", has_hit, seconds, self.testimony)
        return found

    def readyz(self) -> tuple[int, dict[str, Any]]:
        """Return what /readyz answers; status 0 when nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
        except OSError:
            return 0, {}

    def metrics(self) -> str:
        """Return what /metrics answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=2) as answer:
            return str(answer.read(), "utf-8")

    def is_ready(self) -> bool:
        return self.readyz()[0] == 200


def _started(words: Sequence[str], env: dict[str, str], output: Path) -> Child | Fork:
    if not words:
        return Fork.start(faulty_worker.main, env=env, stdout=output)
    return Child.start([sys.executable, "-m", *words], env=env, stdout=output)
