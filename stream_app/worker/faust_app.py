"""The Faust app: it supervises the engine, runs each chunk as an agent's item, and serves the pages."""

from __future__ import annotations

import asyncio
import platform
import time
from collections.abc import Callable
from typing import Any

import faust
import structlog
from aiohttp.web import Response
from mode import Service
from prometheus_client.exposition import choose_encoder

from stream_app import metrics
from stream_app.core.errors import StopError
from stream_app.settings import Settings
from stream_app.worker.engine import Engine
from stream_app.worker.health import Health
from stream_app.worker.work import WORKER_VERSION, LaneWork

log = structlog.get_logger("segstream.worker")

STATUS_SECONDS = 60.0
WALL_CLOCK_SECONDS = 1.0

Now = Callable[[], float]
"""Seconds since 1970: the machine's clock, or one that a test moves."""


class _Boot(faust.App.BootStrategy):  # type: ignore[misc, valid-type]
    enable_kafka = False
    """Faust's consumer acks an event whose agent raised, so it reads nothing here (ADR 9)."""


class WorkerApp(faust.App):
    """A Faust app whose orders come from the engine."""

    BootStrategy = _Boot
    health: Health
    engine: Engine

    def _create_directories(self) -> None:
        """Make none: Faust wants three for tables on disk, and we keep no tables."""


def create_app(settings: Settings, engine_class: type[Engine] = Engine, now: Now = time.time) -> WorkerApp:
    """Return the worker as a Faust app; nothing connects before it starts."""
    app = WorkerApp(
        settings.kafka_group_id,
        broker=f"kafka://{settings.kafka_bootstrap_servers}",
        store="memory://",
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        agent_supervisor="mode.CrashingSupervisor",
        web_enabled=True,
        web_host=settings.web_host,
        web_bind=settings.web_host,
        web_port=settings.web_port,
        web_tables_enabled=False,
        web_router_enabled=False,
        web_stats_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.health = Health()
    chunks = app.channel(maxsize=2)
    _add_agent(app, chunks)
    app.service(_orders_service(app, settings, chunks, engine_class))
    _add_pages(app)
    _add_status_line(app)
    if settings.clock == "wall":
        _add_wall_clock(app, now)
    metrics.BUILD_INFO.labels(WORKER_VERSION, platform.python_version()).set(1)
    # Asked when somebody looks: an engine that hangs could not say that it does.
    metrics.READY.set_function(lambda: not app.health.problems())
    metrics.MODEL_REFUSED.set_function(lambda: bool(app.health.model_problem))
    return app


def _add_agent(app: WorkerApp, chunks: Any) -> None:
    @app.agent(chunks)
    async def segment_customers(stream: Any) -> None:
        async for work in stream:
            try:
                work.run()
            except BaseException as error:
                work.done.set_exception(error)
                raise
            work.done.set_result(None)
            await asyncio.sleep(0)


def _add_status_line(app: WorkerApp) -> None:
    @app.timer(interval=STATUS_SECONDS)  # type: ignore[untyped-decorator]
    async def say_status() -> None:
        health = app.health
        log.info("status", orders=health.orders, changes=health.changes, lag=health.lag, problems=health.problems())


def _add_wall_clock(app: WorkerApp, now: Now) -> None:
    @app.timer(interval=WALL_CLOCK_SECONDS)  # type: ignore[untyped-decorator]
    async def tell_the_time() -> None:
        app.engine.wall_clock.offer(int(now() * 1_000_000))


def _orders_service(app: WorkerApp, settings: Settings, chunks: Any, engine_class: type[Engine]) -> type[Service]:
    class Orders(Service):
        """Runs the engine in its own thread and ends the worker with it."""

        async def on_start(self) -> None:
            loop = asyncio.get_running_loop()
            # Nobody else opens the flow: that is the Faust consumer's part.
            app.flow_control.resume()

            def submit(work: LaneWork) -> None:
                asyncio.run_coroutine_threadsafe(chunks.put(work), loop).result()

            app.engine = engine_class(settings, app.health, submit)
            self._thread = loop.run_in_executor(None, app.engine.run)
            self.add_future(self._guard())

        async def _guard(self) -> None:
            try:
                await asyncio.shield(self._thread)
            except StopError as stop:
                app.health.stop = stop
                log.error("stopping", reason=stop.code, cause=stop.cause)
                raise
            if not self.should_stop:
                raise RuntimeError("the engine ended by itself")

        async def on_stop(self) -> None:
            app.engine.halt()
            await asyncio.wait([self._thread], timeout=20)

    return Orders


def _add_pages(app: WorkerApp) -> None:
    health = app.health

    @app.page("/metrics")
    async def serve_metrics(_: Any, request: Any) -> Any:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(body=encode(metrics.REGISTRY), headers={"content-type": content_type})

    @app.page("/healthz")
    async def serve_health(web: Any, _: Any) -> Any:
        is_alive = health.is_alive()
        return web.json({"status": "ok" if is_alive else "stuck"}, status=200 if is_alive else 503)

    @app.page("/readyz")
    async def serve_ready(web: Any, _: Any) -> Any:
        problems = health.problems()
        body: dict[str, Any] = {
            "status": "not ready" if problems else "ready",
            "problems": problems,
            "model": health.model,
        }
        body |= {"partitions": sorted(health.running), "lag": health.lag, "orders": health.orders}
        return web.json(body, status=503 if problems else 200)
