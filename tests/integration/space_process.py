"""The Space as its container starts it: the image's own command for the model, and the start script."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self
from uuid import uuid4

import psutil
import pytest

from stream_app.local.child import Child
from stream_app.local.ports import free_ports
from tests.integration.api_process import Speaker
from tests.integration.environment import outer_environment
from tests.integration.reader import an_installed_folder
from tests.integration.waiting import wait_for
from tests.integration.worker_process import STARTING
from tests.shared import made_once, run_folder

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "huggingface"
SEED_SECONDS = 120.0
PRESENT = "2017-07-02T20"
"""From here on orders come at a pace that can be watched."""


def dockerfile_environment() -> dict[str, str]:
    """Return the variables that the image sets for what runs in it, without those that name its folders."""
    final = (HERE / "Dockerfile").read_text().rpartition("FROM ")[2]
    block = re.findall(r"^ENV (PATH=(?:.*\\\n)*.*)$", final, re.MULTILINE)[0]
    found = dict(word.split("=", 1) for word in shlex.split(block.replace("\\\n", " ")))
    return {name: value for name, value in found.items() if name.startswith("SEGSTREAM_")}


def training_commands() -> list[list[str]]:
    """Return what the image's build runs to learn the models, without the program."""
    text = (HERE / "Dockerfile").read_text()
    return [shlex.split(words) for words in re.findall(r"/opt/segstream/bin/segstream (train [^\\\n]+)", text)]


def learn(store: Path) -> None:
    """Learn the models as the image's build does, into a store."""
    for words in training_commands():
        subprocess.run(
            [sys.executable, "-m", "stream_app.cli", *words],
            env=outer_environment() | {"SEGSTREAM_MODEL_URI": str(store), "PYTHONPATH": str(ROOT)},
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip


class SpaceProcess(Speaker):
    """One running Space in folders of its own; it never outlives the test."""

    def __init__(self, folder: Path, store: Path, **environment: str) -> None:
        self.store = store
        self.output = folder / f"space-{uuid4().hex[:6]}.out"
        self.home, self.temporary = folder / "home", folder / "tmp"
        for each in (self.home, self.temporary):
            each.mkdir()
        programs = an_installed_folder(folder / "image")["PATH"]
        image = dockerfile_environment() | {
            "PATH": programs, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(self.home),
            "TMPDIR": str(self.temporary), "SEGSTREAM_MODEL_URI": str(store), "LISTEN": "127.0.0.1",
        }  # fmt: skip
        with STARTING:
            self.port = free_ports(1)[0]
            env = outer_environment() | image | {"PORT": str(self.port)} | environment
            # The current folder is the one that nobody may write to.
            command = ["sh", "-c", f"cd {shlex.quote(str(self.home))} && exec sh {HERE / 'start.sh'}"]
            self.home.chmod(0o555)
            self._child = Child.start(command, env=env, stdout=self.output)

    def __enter__(self) -> Self:
        wait_for("the Space listens", self._is_up, said=self.said)
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self.home.chmod(0o755)

    def _is_up(self) -> bool:
        assert self._child.poll() is None, self.said()
        try:
            return self.get("/healthz", seconds=2).status == 200
        except OSError:
            return False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def seeded(self) -> Self:
        """Wait until the first half of the year is over."""
        wait_for("the present begins", self._has_begun, SEED_SECONDS, self.said)
        return self

    def _has_begun(self) -> bool:
        clock = self.get("/api/activity").json["clock"]
        return clock is not None and clock > PRESENT

    def written(self) -> list[Path]:
        """Return what was written outside the temporary folder."""
        return sorted(self.home.rglob("*"))

    def redis_pid(self) -> int:
        """Return the process id of the Space's own Redis."""
        below = psutil.Process(self._child.pid).children(recursive=True)
        (found,) = [each.pid for each in below if "valkey-server" in each.name()]
        return int(found)

    def terminate(self) -> int:
        """Ask it to end and return its exit code."""
        os.kill(self._child.pid, signal.SIGTERM)
        return self._child.wait(20)

    def wait(self, seconds: float) -> int:
        """Return its exit code once it has ended."""
        return self._child.wait(seconds)

    def said(self) -> str:
        return self.output.read_text(errors="replace")


@contextmanager
def running_space(factory: pytest.TempPathFactory, **environment: str) -> Iterator[SpaceProcess]:
    """Learn, once in a run, start, and wait until it has customers."""
    store = made_once(run_folder(factory) / "space-store", learn)
    with SpaceProcess(factory.mktemp("space"), store, **environment) as space:
        yield space.seeded()
