"""A demo as a child of the test, on a pipe or on a terminal, with a temporary folder of its own."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.integration.terminal import clean_environment
from tests.integration.waiting import wait_for

END_SECONDS = 30.0


def demo_command(*options: str) -> list[str]:
    return [sys.executable, "-m", "stream_app.cli", "demo", *options]


@dataclass
class RunningDemo:
    """What it has said, what it has started, and what it has left on the disk."""

    process: subprocess.Popen[bytes]
    out: Path
    temporary: Path

    def said(self) -> str:
        return self.out.read_text(errors="replace")

    def wait_until_it_says(self, words: str, seconds: float = 120.0) -> None:
        def is_said() -> bool:
            assert self.process.poll() is None or words in self.said(), self.said()
            return words in self.said()

        wait_for(f"the demo says {words!r}", is_said, seconds, self.said)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def server(self, word: str) -> psutil.Process:
        """Return the one child that has this word in its command line and is no guardian."""
        (found,) = [
            child for child in self.family()
            if word in " ".join(child.cmdline()) and "guardian.py" not in " ".join(child.cmdline())
        ]  # fmt: skip
        return found

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS)


@contextmanager
def running_demo(folder: Path, temporary: Path, *options: str, **env: str) -> Iterator[RunningDemo]:
    with (folder / "demo.out").open("w") as out:
        process = subprocess.Popen(
            demo_command(*options), stdout=out, stderr=out, cwd=folder,
            env=clean_environment() | {"TMPDIR": str(temporary)} | env,
        )  # fmt: skip
    try:
        yield RunningDemo(process, folder / "demo.out", temporary)
    finally:
        process.kill()
        process.wait()


def are_gone(family: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)


class ScreenedDemo:
    """A demo on a terminal of 80 columns and 24 rows; `read_until` keeps the terminal's buffer from filling."""

    def __init__(self, folder: Path, *options: str) -> None:
        env = clean_environment() | {"TMPDIR": str(folder), "TERM": "xterm-256color"}
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(sys.executable, demo_command(*options), env)  # noqa: S606  our own command
        termios.tcsetwinsize(self._terminal, (24, 80))
        self.shown = ""

    def read_until(self, words: str, seconds: float = 60.0) -> None:
        wait_for(f"the terminal shows {words!r}", lambda: self._reads(words), seconds, lambda: self.shown)

    def _reads(self, words: str) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], 0)
        if ready:
            self.shown += os.read(self._terminal, 65_536).decode(errors="replace")
        return words in self.shown

    def press_ctrl_c(self) -> None:
        os.write(self._terminal, b"\x03")

    def wait(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)
