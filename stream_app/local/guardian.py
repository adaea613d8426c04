"""Stand between us and one child process, and end the child when we are gone, however we went.

usage: guardian.py LIFELINE_FD REPORT_FD PARENT_PID COMMAND [ARGUMENT...]

Run as a script, with the standard library only: it must start in a few hundredths of a second.
The report is one line `pid N` or `error TEXT`, then one line `returncode N`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable

GRACE_SECONDS = 5.0
"""What a child gets between SIGTERM and SIGKILL when its parent is gone."""

CHECK_SECONDS = 1.0
PR_SET_PDEATHSIG = 1


def tie_to(guardian_pid: int) -> Callable[[], None] | None:
    """Return what makes the kernel kill a child with its guardian, to be run in the child."""
    if not sys.platform.startswith("linux"):
        return None
    # Loaded before the fork: a forked child should do as little as possible.
    libc = ctypes.CDLL(None)

    def tie() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != guardian_pid:
            os.kill(os.getpid(), signal.SIGKILL)

    return tie


def open_wakeups() -> int:
    """Return a descriptor that yields the number of each SIGCHLD and SIGTERM we receive."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    return reading


def watch(child: subprocess.Popen[bytes], lifeline: int, wakeups: int, parent_pid: int) -> None:
    """Return when the child has ended, when our parent is gone, or when we are told to end."""
    while child.poll() is None:
        ready, _, _ = select.select([lifeline, wakeups], [], [], CHECK_SECONDS)
        # A process forked from our parent may hold the lifeline open, hence the second test.
        if lifeline in ready or os.getppid() != parent_pid:
            return
        if wakeups in ready and signal.SIGTERM in os.read(wakeups, 64):
            return


def end(child: subprocess.Popen[bytes]) -> int:
    """End the child, politely first, and return its return code."""
    with contextlib.suppress(ProcessLookupError):
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
            os.killpg(child.pid, signal.SIGCONT)
    try:
        return child.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return child.wait()


def tell(report: int, line: str) -> None:
    """Write one line to our parent, who may be gone."""
    with contextlib.suppress(OSError):
        os.write(report, f"{line}\n".encode())


def main(arguments: list[str]) -> int:
    """Run the command until it ends or our parent does."""
    lifeline, report, parent_pid = (int(number) for number in arguments[:3])
    wakeups = open_wakeups()
    try:
        child = subprocess.Popen(
            arguments[3:],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=tie_to(os.getpid()),
        )
    except OSError as error:
        tell(report, f"error {error}")
        return 1
    tell(report, f"pid {child.pid}")
    watch(child, lifeline, wakeups, parent_pid)
    tell(report, f"returncode {end(child)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
