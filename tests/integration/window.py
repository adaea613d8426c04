"""A reader's terminal window: one shell that keeps variables, folder and background jobs from block to block."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Self
from uuid import uuid4

from stream_app.local.child import Child
from tests.integration.waiting import wait_for

BLOCK_SECONDS = 60.0
END_JOBS = "trap : TERM; trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"
"""The guardian's SIGTERM comes together with the end of the keyboard, and would cut the second trap short."""


class Window:
    """A shell that ends at the first command that fails, and takes its jobs with it however the test ends."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._screen = folder / f".screen-{uuid4().hex[:8]}"
        keyboard = self._screen.with_suffix(".keyboard")
        os.mkfifo(keyboard)
        # The guardian ends the shell even when this process is killed.
        self._shell = Child.start(["bash", "-e", str(keyboard)], env=self._env, stdout=self._screen)
        self._keyboard = keyboard.open("w")
        self._type(f"cd {shlex.quote(str(folder))}; {END_JOBS}")

    def run(self, commands: str) -> str:
        """Type commands and return what appeared until the last one was done; fail when one fails."""
        before, done = self._seen(), f"done-{uuid4().hex}"
        self._type(f"{commands}\necho {done}")
        wait_for(f"this is done:\n{commands}", lambda: done in self._since(before) or not self.is_open(), BLOCK_SECONDS,
                 lambda: self._since(before))  # fmt: skip
        said = self._since(before)
        assert done in said, f"failed:\n{commands}\nsaid:\n{said}"
        return said.partition(done)[0]

    def start(self, commands: str, expected: list[str]) -> str:
        """Type commands that do not end, and return what appeared as soon as all that is expected did."""
        before = self._seen()
        self._type(commands)
        wait_for(f"{expected} appears", lambda: not missing(expected, self._since(before)), BLOCK_SECONDS,
                 lambda: self._since(before))  # fmt: skip
        return self._since(before)

    def twin(self) -> Window:
        """Open another window in the same folder with the same variables."""
        exports = self._screen.with_suffix(".exports")
        self.run(f"export -p > {exports}")
        folder = Path(self.run("pwd").strip())
        other = Window(folder, self._env)
        other.run(f"source {exports}")
        return other

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        os.killpg(self._shell.pid, signal.SIGINT)

    def is_open(self) -> bool:
        return self._shell.poll() is None

    def close(self) -> None:
        """Close the window: the shell ends and so do its jobs."""
        with contextlib.suppress(BrokenPipeError):
            self._keyboard.close()
        with contextlib.suppress(TimeoutError):
            self._shell.wait(30)
        self._shell.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _type(self, commands: str) -> None:
        try:
            self._keyboard.write(f"{commands}\n")
            self._keyboard.flush()
        except BrokenPipeError:
            assert not self.is_open()

    def _seen(self) -> int:
        return len(self._screen.read_text(errors="replace"))

    def _since(self, before: int) -> str:
        return self._screen.read_text(errors="replace")[before:]


def missing(expected: list[str], said: str) -> list[str]:
    """Return the expected lines that do not appear, each line serving once; their order does not matter."""
    there = Counter(_bare(line) for line in said.splitlines())
    absent = []
    for line in expected:
        if line.strip() in {"…", ""}:
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in _bare(line).split("…")))
        found = next((known for known in there if there[known] and pattern.fullmatch(known)), None)
        if found is None:
            absent.append(line)
        else:
            there[found] -= 1
    return absent


def surplus(expected: list[str], said: str) -> int:
    """Return how many lines appeared beyond what is expected; none when a line says that others are left out."""
    if "…" in (line.strip() for line in expected):
        return 0
    return sum(bool(line.strip()) for line in said.splitlines()) - sum(bool(line.strip()) for line in expected)


def _bare(line: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", " ".join(line.split()))
