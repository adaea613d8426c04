"""The demo's API and dashboard: started beside the worker, and shown once they answer."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from stream_app.demo.drawing.snapshot import Page
from stream_app.demo.guard import Guard
from stream_app.demo.parts import Parts
from stream_app.local.ports import HOST

PAGES = 2
"""So many there are to open."""


class Service(NamedTuple):
    """What is started, where it says that it is alive, and what people open."""

    name: str
    verb: str
    port: int
    health: str
    path: str


class Pages:
    """Nobody waits for them: orders flow meanwhile."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._waiting = [
            Service("Dashboard", "dashboard", parts.settings.dashboard_port, "/_stcore/health", ""),
            Service("API", "api", parts.settings.api_port, "/healthz", "/docs"),
        ]
        self._open: list[Page] = []

    @contextmanager
    def running(self, guard: Guard) -> Iterator[None]:
        """Run them as processes of their own while this lasts."""
        with ExitStack() as stack:
            for service in self._waiting:
                child = self._parts.start(service.verb, is_patient=True)
                stack.callback(child.kill)
                last_words = self._parts.last_words(service.verb)
                stack.enter_context(guard.over(f"The {service.name.lower()}", child.poll, last_words))
            yield

    def answering(self) -> tuple[Page, ...]:
        """Return those that answer, as far as that was seen."""
        for service in list(self._waiting):
            status, _ = self._parts.page(service.port, service.health)
            if status == http.client.OK:
                self._waiting.remove(service)
                self._open.append(Page(service.name, f"http://{HOST}:{service.port}{service.path}"))
        return tuple(sorted(self._open))
