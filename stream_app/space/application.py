"""The Space as one application: the dashboard at /, the API below /api, and its health at /healthz and /readyz."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from streamlit.starlette import App

from stream_app.api.door import Door
from stream_app.api.parts import Parts
from stream_app.dashboard.command import SCRIPT

API = "/api"
HEALTH = ("/healthz", "/readyz")


def create_space(parts: Parts, door: Door) -> Starlette:
    """Return the application; the dashboard's script runs in its threads and asks the API over HTTP, as everywhere."""
    dashboard = App(SCRIPT)
    running = dashboard.lifespan()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        parts.start()
        async with running(app):
            yield
        await asyncio.to_thread(parts.stop)

    health = [Route(path, door) for path in HEALTH]
    space = Starlette(routes=[*health, Route(API, _docs), Mount(API, door), Mount("/", dashboard)], lifespan=lifespan)
    # A redirect would name the address that we were asked at behind the proxy, and http.
    space.router.redirect_slashes = False
    return space


async def _docs(_: Request) -> RedirectResponse:
    return RedirectResponse(f"{API}/docs")
