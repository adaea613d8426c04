"""A child process that never outlives us, whether Ctrl-C, SIGTERM or SIGKILL ends us."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from stream_app.core.errors import LocalPartError

GUARDIAN = Path(__file__).with_name("guardian.py")


class Child:
    """One running command under its guardian; `Child.start` makes it.

    The guardian waits on a pipe of which only we hold the other end: whatever ends us closes it.
    """

    def __init__(self, pid: int, guardian: subprocess.Popen[bytes], lifeline: int, report: IO[str]) -> None:
        self.pid = pid
        """The command's own process, not its guardian's; it leads its own session and group."""
        self.returncode: int | None = None
        """As in subprocess: None while it runs (ask `poll`), minus the signal that ended it."""
        self._guardian = guardian
        self._lifeline = lifeline
        self._report = report

    @classmethod
    def start(cls, argv: Sequence[str], *, env: Mapping[str, str] | None, stdout: Path) -> Child:
        """Start the command, both its outputs appended to a file; env None means ours."""
        lifeline, held = os.pipe()
        answers, report = os.pipe()
        fds = (str(lifeline), str(report), str(os.getpid()))
        with stdout.open("ab") as output:
            guardian = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARDIAN), *fds, *argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                pass_fds=(lifeline, report),
                # The terminal's Ctrl-C is for us alone: the order of stopping is ours.
                start_new_session=True,
            )
        os.close(lifeline)
        os.close(report)
        answer = os.fdopen(answers, encoding="utf-8", errors="replace")
        word, _, rest = answer.readline().rstrip("\n").partition(" ")
        if word != "pid":
            os.close(held)
            answer.close()
            guardian.wait()
            raise LocalPartError(f"{argv[0]} cannot be started: {rest or f'see {stdout}'}.")
        return cls(int(rest), guardian, held, answer)

    def poll(self) -> int | None:
        """Return the return code, or None while the child runs."""
        if self.returncode is None and self._guardian.poll() is not None:
            self.returncode = self._last_word()
        return self.returncode

    def wait(self, timeout_seconds: float | None = None) -> int:
        """Return the return code once the child has ended; raise TimeoutError when it goes on."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while (returncode := self.poll()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            try:
                self._guardian.wait(left)
            except subprocess.TimeoutExpired:
                raise TimeoutError(f"process {self.pid} still runs") from None
        return returncode

    def terminate(self, timeout_seconds: float) -> int:
        """Ask the child to end, kill it after this time, and return its return code."""
        with contextlib.suppress(ProcessLookupError):
            if self.poll() is None:
                os.kill(self.pid, signal.SIGTERM)
        self.resume()
        try:
            return self.wait(timeout_seconds)
        except TimeoutError:
            return self.kill()

    def kill(self) -> int:
        """End the child and all of its process group at once, and return its return code."""
        self._signal_group(signal.SIGKILL)
        return self.wait()

    def suspend(self) -> None:
        """Stop the child where it stands, as a machine that hangs would."""
        self._signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a suspended child go on."""
        self._signal_group(signal.SIGCONT)

    def _signal_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self.poll() is None:
                os.killpg(self.pid, number)

    def _last_word(self) -> int:
        with self._report as report:
            word, _, rest = report.readline().rstrip("\n").partition(" ")
        os.close(self._lifeline)
        if word == "returncode":
            return int(rest)
        # The guardian was killed. Linux kills the child with it; elsewhere it is up to us.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        return -signal.SIGKILL
