"""A small load generator: plain HTTP over connections that stay open, as fast as it goes or at a steady rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

HEAD = "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n"


def requests_of(path: str, bodies: Sequence[bytes]) -> list[bytes]:
    """Return whole requests, ready to be sent."""
    return [HEAD.format(path=path, size=len(body)).encode() + body for body in bodies]


async def as_fast_as_it_goes(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> float:
    """Return how many answers a second came over so many connections, each with one request under way."""
    until = time.perf_counter() + seconds

    async def drive(first: int) -> int:
        line = await Line.open(port)
        done = 0
        while time.perf_counter() < until:
            await line.ask(requests[(first + done) % len(requests)])
            done += 1
        line.close()
        return done

    began = time.perf_counter()
    counts = await asyncio.gather(*(drive(number * 97) for number in range(connections)))
    return sum(counts) / (time.perf_counter() - began)


async def at_a_rate(port: int, requests: Sequence[bytes], rate: float, connections: int, seconds: float) -> list[float]:
    """Return each answer's milliseconds since its request was due: a slow answer makes those behind it late too."""
    began = time.perf_counter() + 0.1
    numbers = iter(range(int(rate * seconds)))
    found: list[float] = []

    async def drive() -> None:
        line = await Line.open(port)
        for number in numbers:
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await line.ask(requests[number % len(requests)])
            found.append((time.perf_counter() - due) * 1_000)
        line.close()

    await asyncio.gather(*(drive() for _ in range(connections)))
    return found


class Line:
    """One open connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Line:
        """Connect to this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, request: bytes) -> bytes:
        """Send a request and return the body of its answer, which must be a 200."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return await self._reader.readexactly(int(size))

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
