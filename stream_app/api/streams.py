"""The clients that follow the changes: so many at once, each with a thread that waits for Kafka."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from confluent_kafka import KafkaException
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Message, Receive, Scope, Send

from stream_app import metrics
from stream_app.api.problems import Problem
from stream_app.api.sources import ChangesGone, Follower
from stream_app.settings import Settings
from stream_app.tail import Filter

Found = TypeVar("Found")

HEARTBEAT_SECONDS = 15.0
BEGIN_SECONDS = 1.9
SLOW_SECONDS = 60.0
"""A client that takes nothing for so long is cut off; it can go on where it was."""
RETRY_MS = 1_000
EVENT = "change"


class Streams:
    """Opens streams until there are too many, and ends all of them at the end."""

    def __init__(self, settings: Settings, follow: Callable[[Filter], Follower]) -> None:
        self._settings = settings
        self._follow = follow
        self._most = settings.api_max_streams
        self._open = 0
        self.is_stopping = False

    async def open(self, wanted: Filter, last_id: str | None, since: int) -> EventSourceResponse:
        """Return a stream that has found its place; raises Problem or SegstreamError before a byte is sent."""
        if self._open >= self._most or self.is_stopping:
            detail = f"{self._most:,} clients follow already."
            hint = "Try again later, or raise SEGSTREAM_API_MAX_STREAMS."
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "STREAMS_FULL", detail, hint)
        stream = Stream(self, self._follow(wanted))
        self.count(1)
        try:
            await asyncio.wait_for(stream.begin(last_id, since), BEGIN_SECONDS)
        except TimeoutError as error:
            stream.end()
            raise _no_answer(self._settings) from error
        except BaseException:
            stream.end()
            raise
        return StreamResponse(stream)

    def count(self, change: int) -> None:
        """Take note of a stream that began or ended."""
        self._open += change
        metrics.STREAMS.set(self._open)


class Stream:
    """One client's changes, as bytes of server-sent events."""

    def __init__(self, streams: Streams, follower: Follower) -> None:
        self._streams = streams
        self._follower = follower
        self._thread = ThreadPoolExecutor(1, "stream")
        self._is_over = False

    async def begin(self, last_id: str | None, since: int) -> None:
        """Find the place to read from."""
        await self._in_thread(lambda: self._follower.begin(last_id, since))

    async def events(self) -> AsyncIterator[bytes]:
        """Yield what is to be sent, until the API stops or Kafka no longer has what comes next."""
        # Before any event: who is cut off now knows already where to go on.
        yield format_sse_event(comment="changes follow", id=self._follower.place, retry=RETRY_MS)
        said_at = time.monotonic()
        while not self._streams.is_stopping:
            try:
                found = await self._in_thread(self._follower.read)
            except (ChangesGone, KafkaException):
                return
            if found:
                # The next ones are read when these are sent: Kafka waits for slow clients, not our memory.
                yield b"".join(format_sse_event(event=EVENT, data_str=one.data, id=one.id) for one in found)
            elif time.monotonic() - said_at >= HEARTBEAT_SECONDS:
                yield format_sse_event(comment="still here", id=self._follower.place)
            else:
                continue
            said_at = time.monotonic()

    def end(self) -> None:
        """Close the consumer behind whatever its thread still does; nobody waits for it."""
        if not self._is_over:
            self._is_over = True
            self._streams.count(-1)
            self._thread.submit(self._follower.close)
            self._thread.shutdown(wait=False)

    async def _in_thread(self, call: Callable[[], Found]) -> Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)


class StreamResponse(EventSourceResponse):
    """Sends a stream, and ends it however the client leaves."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream.events(), headers={"X-Accel-Buffering": "no"})
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client has left, is too slow, or there is nothing more to send."""

        async def send_in_time(message: Message) -> None:
            await asyncio.wait_for(send(message), SLOW_SECONDS)

        try:
            await super().__call__(scope, receive, send_in_time)
        except TimeoutError:
            return
        finally:
            self._stream.end()


def _no_answer(settings: Settings) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "KAFKA_AWAY",
        f"Kafka does not answer at {settings.kafka_bootstrap_servers}.",
        "Try again; `segstream doctor` says what is wrong.",
    )
