"""Knocks at addresses: whether a name is known and somebody listens, within seconds even where nothing answers."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable

from stream_app.doctor.facts import Endpoint, Reach

KNOCK_SECONDS = 2.0


def knock_all(addresses: Iterable[str]) -> tuple[Endpoint, ...]:
    """Return how each `host:port` or `unix:<path>` answered; all are tried at once."""
    knocks = [_Knock(address) for address in addresses]
    for knock in knocks:
        knock.start()
    deadline = time.monotonic() + KNOCK_SECONDS + 0.5
    return tuple(Endpoint(knock.address, knock.result(deadline)) for knock in knocks)


class _Knock(threading.Thread):
    """One try: a daemon, because a name server that does not answer cannot be interrupted."""

    def __init__(self, address: str) -> None:
        super().__init__(daemon=True)
        self.address = address
        self._reach = Reach.SILENT

    def run(self) -> None:
        self._reach = _try(self.address)

    def result(self, deadline: float) -> Reach:
        """Return the outcome, SILENT when there is none in time."""
        self.join(max(0.0, deadline - time.monotonic()))
        return self._reach


def _try(address: str) -> Reach:
    try:
        with _connected(address):
            return Reach.OPEN
    except (ConnectionRefusedError, FileNotFoundError):
        return Reach.REFUSED
    except (socket.gaierror, UnicodeError):
        return Reach.NO_NAME
    except OSError:
        return Reach.SILENT


def _connected(address: str) -> socket.socket:
    if address.startswith("unix:"):
        door = socket.socket(socket.AF_UNIX)
        door.settimeout(KNOCK_SECONDS)
        door.connect(address.removeprefix("unix:"))
        return door
    host, _, port = address.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS)
