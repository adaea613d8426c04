"""Free ports on this machine: real sockets, real processes, and the words of a server that found its port taken."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from stream_app.core.errors import LocalPartError
from stream_app.local.log_reading import last_words
from stream_app.local.ports import HOST, free_ports, is_port_taken

IN_ANOTHER_PROCESS = """
import sys
from stream_app.local.ports import free_ports

print(*free_ports(int(sys.argv[1]), range(int(sys.argv[2]), int(sys.argv[3]))), flush=True)
sys.stdin.read()
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a bound socket keeps servers away")


def few(count: int) -> range:
    """Return a range of so many ports that nobody listens on and nobody has claimed."""
    starts = range(15_000, 19_900, count)
    return next(ports for ports in (range(start, start + count) for start in starts) if all(map(can_bind, ports)))


def can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


@on_linux
def test_two_who_look_at_the_same_time_never_get_the_same_port() -> None:
    ports = few(6)
    command = [sys.executable, "-c", IN_ANOTHER_PROCESS, "2", str(ports.start), str(ports.stop)]

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = [int(word) for word in other.stdout.readline().split()]
        ours = free_ports(2, ports) + free_ports(2, ports)

        assert sorted(theirs + ours) == list(ports)
        with pytest.raises(LocalPartError, match="Only 0 of the TCP ports"):
            free_ports(1, ports)
        other.communicate("")

    assert set(free_ports(2, ports)) == set(theirs), "what an ended process had is free again"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_a_server_can_listen_on_its_port_and_is_seen_there(family: socket.AddressFamily) -> None:
    """Java listens on an IPv6 socket with a mapped address."""
    (port,) = free_ports(1)
    assert not is_port_taken(port)

    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.bind((HOST if family == socket.AF_INET else f"::ffff:{HOST}", port))
        server.listen()

        assert is_port_taken(port)
        with pytest.raises(LocalPartError, match="Only 0"):
            free_ports(1, range(port, port + 1))


KAFKA_FOUND_ITS_PORT_TAKEN = """\
2026-11-28T05:15:24,097 ERROR ControllerServer: Received a fatal error
java.lang.RuntimeException: Unable to start acceptor for CONTROLLER
\tat kafka.network.Acceptor.liftedTree1$1(SocketServer.scala:531)
\t... 6 more
Caused by: org.apache.kafka.common.KafkaException: Socket server failed to bind to 127.0.0.1:21429: Address in use.
\tat kafka.network.Acceptor.openServerSocket(SocketServer.scala:615)
\t... 16 more
Caused by: java.net.BindException: Address in use
\tat java.base/sun.nio.ch.Net.bind0(Native Method)
\t... 18 more

"""


@pytest.mark.parametrize(
    ("log", "said"),
    [
        (KAFKA_FOUND_ITS_PORT_TAKEN, "Socket server failed to bind to 127.0.0.1:21429: Address in use."),
        ("first\nWarning: Could not create a socket\n\n", "Warning: Could not create a socket"),
        ("only an error\n\tat a.b(c)\n", "only an error"),
        ("", ""),
    ],
)
def test_of_a_log_the_line_is_told_that_says_why(log: str, said: str) -> None:
    assert last_words(log) == said
