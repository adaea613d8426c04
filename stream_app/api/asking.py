"""Questions that block, asked in threads and given up in time: an answer or a refusal, never a hang."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TypeVar

from redis.backoff import NoBackoff
from redis.retry import Retry

from stream_app.api.problems import Problem
from stream_app.core.errors import OutageError
from stream_app.lookup import Lookup
from stream_app.settings import Settings
from stream_app.statistics import Statistics

Found = TypeVar("Found")

ANSWER_SECONDS = 1.8
REDIS_SECONDS = 1.0
"""No answer of Redis takes longer: a customer's state is at most a megabyte."""
LONG_SECONDS = 60.0
"""For what reads everybody."""
THREADS = 16


class Asking:
    """Threads for short questions, and two of their own for long ones, so that these hold up nobody."""

    def __init__(self, settings: Settings) -> None:
        quick = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
        self._lookup = Lookup(settings, retry=Retry(NoBackoff(), 0), **quick)
        self._figures = Statistics(settings, retry=Retry(NoBackoff(), 0), **quick)
        self._short = ThreadPoolExecutor(THREADS, "ask")
        self._long = ThreadPoolExecutor(2, "ask-long")

    async def redis(self, question: Callable[[Lookup], Found]) -> Found:
        """Ask Redis; raises OutageError or Problem after at most two seconds."""
        return await self._ask(self._short, lambda: question(self._lookup), ANSWER_SECONDS)

    async def figures(self, question: Callable[[Statistics], Found]) -> Found:
        """Ask Redis for the figures by segment and by day."""
        return await self._ask(self._short, lambda: question(self._figures), ANSWER_SECONDS)

    async def others(self, question: Callable[[], Found], seconds: float = ANSWER_SECONDS) -> Found:
        """Ask something else that may block."""
        return await self._ask(self._short, question, seconds)

    async def long(self, question: Callable[[Lookup], Found]) -> Found:
        """Ask what takes its time."""
        return await self._ask(self._long, lambda: question(self._lookup), LONG_SECONDS)

    async def _ask(self, threads: ThreadPoolExecutor, question: Callable[[], Found], seconds: float) -> Found:
        asked = asyncio.get_running_loop().run_in_executor(threads, question)
        try:
            return await asyncio.wait_for(asked, seconds)
        except TimeoutError as error:
            if isinstance(error, OutageError):
                raise
            detail = f"There was no answer in {seconds:g} seconds: Redis, Kafka or the model store is slow or away."
            hint = "Try again; `segstream doctor` says what is wrong."
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "NO_ANSWER", detail, hint) from error

    def close(self) -> None:
        """Take no more questions."""
        for threads in (self._short, self._long):
            threads.shutdown(wait=False, cancel_futures=True)
        self._lookup.close()
