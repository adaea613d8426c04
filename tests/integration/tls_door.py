"""TLS in front of a server that speaks none, as stunnel does it: the embedded Valkey is built without."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from typing import Self

from stream_app.local.ports import HOST, free_ports
from tests.integration.certificates import Certificates


class TlsDoor:
    """Listens with TLS on a port of its own and hands every byte on; closed by `with`."""

    def __init__(self, certificates: Certificates, behind: int) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.server, certificates.key)
        self._behind = behind
        self.port = free_ports(1)[0]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._open: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        listening = asyncio.start_server(self._serve, HOST, self.port, ssl=self._context)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, inside: asyncio.StreamReader, outside: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            answers, questions = await asyncio.open_connection(HOST, self._behind)
            with contextlib.suppress(OSError, asyncio.CancelledError):
                ways = [
                    asyncio.ensure_future(_hand_on(inside, questions)),
                    asyncio.ensure_future(_hand_on(answers, outside)),
                ]
                try:
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)
            questions.transport.abort()
        finally:
            # Not closed: TLS would wait for the other side's goodbye.
            outside.transport.abort()
            with contextlib.suppress(OSError):
                await outside.wait_closed()
            self._open.discard(task)


async def _hand_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
