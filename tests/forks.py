"""Processes forked from one that has imported already what they need; a test run has one such server.

Importing what a worker needs takes 1.3 s of CPU, a command up to 2 s, and the tests start some hundreds of them.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import ModuleType
from typing import Self

FORKS = multiprocessing.get_context("forkserver")
# What is asked for after the server's start would not be heard: here is all that anybody's children import.
FORKS.set_forkserver_preload(["tests.preloaded"])

PR_SET_PDEATHSIG = 1


class Fork:
    """A program that leads its own process group, as `Child` starts one: it ends when we do, however we went."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self._process = process

    @classmethod
    def start(
        cls, main: Callable[[], int | None], words: Sequence[str] = (), *, env: dict[str, str], stdout: Path,
        stderr: Path | None = None, folder: Path | None = None,
    ) -> Fork:  # fmt: skip
        """Start a program with this environment, its outputs appended to files; without `stderr` both to one."""
        # There at once, for whoever asks what it said.
        stdout.touch()
        return cls(forked(_run, main, words, env, folder, stdout, stderr or stdout))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def poll(self) -> int | None:
        """Return the exit code, minus the signal that ended it, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Return the exit code once it has ended; raise TimeoutError when it goes on."""
        self._process.join(timeout_seconds)
        if (code := self.poll()) is None:
            raise TimeoutError(f"process {self.pid} still runs")
        return code

    def kill(self) -> int:
        """End it at once and return its exit code."""
        self._send(signal.SIGKILL)
        return self.wait()

    def suspend(self) -> None:
        """Stop it where it stands, as a machine that hangs would."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `suspend`."""
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, number)


def forked(target: Callable[..., object], *args: object) -> ForkServerProcess:
    """Return a process that runs a function and has been started."""
    process = FORKS.Process(target=target, args=args, daemon=True)
    with _no_main_module():
        process.start()
    return process


@contextlib.contextmanager
def _no_main_module() -> Iterator[None]:
    """Let a child run nobody's main program anew: tests of pages leave one of Streamlit's behind, which fails there."""
    ours, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = ours


def _run(
    main: Callable[[], int | None], words: Sequence[str], env: dict[str, str], folder: Path | None,
    stdout: Path, stderr: Path,
) -> None:  # fmt: skip
    os.setsid()
    # The server lives while anybody holds a certain pipe, and this process would: it would never be ended with us.
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    # The server that forked us ends with the tests; without this we would go on.
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.clear()
    os.environ.update(env)
    for path, descriptor in ((Path(os.devnull), 0), (stdout, 1), (stderr, 2)):
        opened = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(opened, descriptor)
        os.close(opened)
    if folder is not None:
        os.chdir(folder)
    sys.argv = ["segstream", *words]
    sys.exit(main())
