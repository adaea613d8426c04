"""What the local Kafka and the local Redis share: start, stop, kill, suspend, restart."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from stream_app.core.errors import LocalPartError
from stream_app.local.child import Child
from stream_app.local.log_reading import last_words
from stream_app.local.ports import PortTakenError, is_port_taken

STARTS = 3
"""So often a new server is started, on other ports each time, when somebody took one before the server did."""

START_SECONDS = 60.0
STOP_SECONDS = 20.0
_PAUSE_SECONDS = 0.02


class LocalPart(ABC):
    """One server as our child: started by `with`, or by `start` as often as it was stopped."""

    name: str
    port: int

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self.start_seconds = 0.0
        """How long the last start took, until the first answer."""
        self._child: Child | None = None
        self._has_answered = False
        self._log_began = 0

    @abstractmethod
    def _ports(self) -> list[int]:
        """Return all ports the server listens on."""

    @abstractmethod
    def _choose_ports(self) -> bool:
        """Choose other ports in place of those that were not given; return whether there are any."""

    @abstractmethod
    def _command(self) -> list[str]:
        """Prepare the data directory, check the ports and return the command line."""

    @abstractmethod
    def _is_answering(self) -> bool:
        """Say whether the server does its work, within about a second."""

    @property
    def log(self) -> Path:
        """Where the server's output goes."""
        return self.data_dir / f"{self.name.lower()}.out"

    @property
    def pid(self) -> int:
        """The server's own process id, to be watched or killed."""
        return self._running().pid

    def is_running(self) -> bool:
        """Say whether the server's process lives, suspended or not."""
        return self._child is not None and self.poll() is None

    def poll(self) -> int | None:
        """Return the server's return code once it has ended."""
        return None if self._child is None else self._child.poll()

    def start(self) -> None:
        """Start the server on its ports and data, and return when it answers.

        A server that never answered is known to nobody, so it may take other ports when one of its own is taken.
        """
        if self.is_running():
            raise LocalPartError(f"The local {self.name} already runs.", "Stop it first.")
        began = time.monotonic()
        for starts_left in reversed(range(STARTS)):
            try:
                self._start_once()
                break
            except PortTakenError:
                if self._has_answered or not starts_left or not self._choose_ports():
                    raise
        self._has_answered = True
        self.start_seconds = time.monotonic() - began

    def _start_once(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._log_began = self.log.stat().st_size if self.log.exists() else 0
        self._child = Child.start(self._command(), env=None, stdout=self.log)
        try:
            self._wait_for_answer(self._child, time.monotonic() + START_SECONDS)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """End the server in order; kill it when it takes too long."""
        if self._child is not None:
            self._child.terminate(STOP_SECONDS)

    def kill(self) -> None:
        """End the server as a crash would."""
        if self._child is not None:
            self._child.kill()

    def suspend(self) -> None:
        """Let the server hang: connections stay open, nothing answers."""
        self._running().suspend()

    def resume(self) -> None:
        """Let a suspended server go on."""
        self._running().resume()

    def last_words(self) -> str:
        """Return the last line the server wrote since its last start, stack traces aside, or nothing."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as log:
            log.seek(self._log_began)
            return last_words(log.read().decode(errors="replace"))

    def _wait_for_answer(self, child: Child, deadline: float) -> None:
        while not self._is_answering():
            if child.poll() is not None:
                is_taken = any(map(is_port_taken, self._ports()))
                kind = PortTakenError if is_taken else LocalPartError
                raise self._failure(kind, f"ended while starting (return code {child.returncode})")
            if time.monotonic() > deadline:
                raise self._failure(LocalPartError, f"does not answer after {START_SECONDS:.0f} s")
            time.sleep(_PAUSE_SECONDS)

    def _failure(self, kind: type[LocalPartError], what: str) -> LocalPartError:
        said = self.last_words()
        cause = f"The local {self.name} {what}" + (f"; it said: {said}" if said else ".")
        return kind(cause, f"Read {self.log}.")

    def _running(self) -> Child:
        if self._child is None or self._child.poll() is not None:
            raise LocalPartError(f"The local {self.name} does not run.", "Start it first.")
        return self._child

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
