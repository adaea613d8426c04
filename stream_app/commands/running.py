"""`segstream demo`, `local`, `worker` and `dashboard`: what runs until it is told to stop."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from stream_app.commands.options import Bootstrap, ModelUri, Redis, Window, settings_from


def demo(
    until_done: Annotated[
        bool, typer.Option("--until-done", help="End when all is done instead of with Ctrl-C.")
    ] = False,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Orders a second; as fast as they go by default.")
    ] = None,
    households: Annotated[int | None, typer.Option(min=1, help="Only so many households.")] = None,
) -> None:
    """Run everything on this machine: Kafka, Valkey, a model, the worker, a shop's orders, then half a year without."""
    from stream_app.demo.packages import loadable

    code = 0
    # Ctrl-C ends a demo in order, even one that is still being loaded.
    with suppress(KeyboardInterrupt), loadable():
        from stream_app.demo.play import Wish
        from stream_app.demo.run import run_demo

        code = run_demo(Wish(rate, households, is_hurried=until_done), until_done=until_done)
    raise typer.Exit(code)


def local(
    kafka_port: Annotated[int | None, typer.Option(help="A free one by default.")] = None,
    redis_port: Annotated[int | None, typer.Option(help="A free one by default.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Kept; a temporary folder by default.")] = None,
    redis_binary: Annotated[str | None, typer.Option(help="A redis-server of your own, on PATH.")] = None,
) -> None:
    """Run a real Kafka and a real Valkey here until Ctrl-C, and print their addresses."""
    from stream_app.local.command import run_local

    raise typer.Exit(run_local(kafka_port, redis_port, data_dir, redis_binary))


def worker(
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
    window_days: Window = None,
    instance_id: Annotated[str | None, typer.Option(help="SEGSTREAM_INSTANCE_ID")] = None,
    web_port: Annotated[int | None, typer.Option(help="SEGSTREAM_WEB_PORT")] = None,
) -> None:
    """Run one worker until SIGTERM."""
    from stream_app.worker.run import run_worker

    settings = settings_from(
        kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri,
        window_days=window_days, instance_id=instance_id, web_port=web_port,
    )  # fmt: skip
    raise typer.Exit(run_worker(settings))


def dashboard(
    api_url: Annotated[str | None, typer.Option(help="SEGSTREAM_API_URL")] = None,
    host: Annotated[str | None, typer.Option(help="SEGSTREAM_DASHBOARD_HOST")] = None,
    port: Annotated[int | None, typer.Option(help="SEGSTREAM_DASHBOARD_PORT")] = None,
) -> None:
    """Run the dashboard, which shows what the API tells, until Ctrl-C."""
    from stream_app.dashboard.command import run_dashboard

    run_dashboard(settings_from(api_url=api_url, dashboard_host=host, dashboard_port=port))


def space(
    host: Annotated[
        str, typer.Option(help="Another than loopback needs both SEGSTREAM_…_ALLOW_ANONYMOUS.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The one port of everything.")] = 7860,
    model_uri: ModelUri = None,
    day_seconds: Annotated[float, typer.Option(min=0.1, help="So long a day of the shop lasts.")] = 20.0,
) -> None:
    """Run the demonstration behind one port, as on Hugging Face: dashboard and API, without Kafka."""
    from stream_app.demo.packages import NEEDED_BY_THE_SPACE, loadable
    from stream_app.local.ports import HOST

    settings = settings_from(
        api_host=host, dashboard_host=host, api_port=port, dashboard_port=port, api_url=f"http://{HOST}:{port}/api",
        model_uri=model_uri, clock="event",
    )  # fmt: skip
    with loadable(NEEDED_BY_THE_SPACE):
        from stream_app.space.run import run_space

        run_space(settings, day_seconds)
