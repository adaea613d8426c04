"""TCP ports on this machine: which are taken, and free ones that stay free over a restart."""

from __future__ import annotations

import ipaddress
import random
import socket
import sys
from contextlib import closing

from stream_app.core.errors import LocalPartError

HOST = "127.0.0.1"

AGAIN = "Start again: another free port will be found."

# Below every system's range for outgoing connections: a client that keeps dialling a killed server
# is given source ports from that range, can thereby connect to itself and block the restart.
_CANDIDATES = range(20_000, 32_000)

_IS_SHARED = sys.platform == "linux"
"""Where a server may listen on a port to which another socket is only bound, if both say SO_REUSEADDR."""


class PortTakenError(LocalPartError):
    """Somebody else listens on a port that a server of ours needs."""


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens there.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("::1"), is_loopback("0.0.0.0"), is_loopback("")
    (True, True, True, False, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_port_taken(port: int) -> bool:
    """Say whether a server could not listen on this port of the loopback address."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        # As servers do it: connections that are only winding down do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen(1)
        except OSError:
            return True
        return False


def is_port_answering(port: int) -> bool:
    """Say whether something accepts connections on this port of the loopback address."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


def free_ports(count: int, candidates: range = _CANDIDATES) -> list[int]:
    """Return this many different ports nobody has; on Linux no other call gets them while this process lives.

    A server started on one of them seconds later finds it free, however many look for ports meanwhile.
    """
    ports: list[int] = []
    for port in random.sample(candidates, len(candidates)):
        if not is_port_taken(port) and _claim(port):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise LocalPartError(
        f"Only {len(ports)} of the TCP ports from {candidates.start} to {candidates.stop - 1} are free on {HOST}.",
        f"End some of the servers on this machine: {count} ports are needed.",
    )


def _claim(port: int) -> bool:
    """Bind a socket to the port, alone, and leave it so: who claims in the same way is refused, a server is not."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as claim:
        try:
            claim.bind((HOST, port))
        except OSError:
            return False
        if _IS_SHARED:
            claim.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Open until the process ends; nobody closes it earlier, so nobody needs to keep it.
            claim.detach()
        return True


def require_free(port: int, part: str, mend: str) -> None:
    """Raise PortTakenError if this part could not listen on this port."""
    if is_port_taken(port):
        raise PortTakenError(f"{part} cannot listen on {HOST}:{port}: another process has that port.", mend)
