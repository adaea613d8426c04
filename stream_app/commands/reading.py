"""`segstream tail` and `customer`: what anybody may look at."""

from __future__ import annotations

from typing import Annotated

import typer

from stream_app.commands.options import AsJson, Bootstrap, Redis, Window, instant_from, settings_from


def tail(
    from_beginning: Annotated[bool, typer.Option("--from-beginning")] = False,
    limit: Annotated[int | None, typer.Option(help="End after so many changes.")] = None,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Follow the segment changes, in words."""
    from stream_app.tail import follow

    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)
    follow(settings, from_beginning=from_beginning, limit=limit, as_json=as_json, write=typer.echo)


def customer(
    customer_id: str,
    as_of: Annotated[str | None, typer.Option(help="Features at a later instant, from the stored orders.")] = None,
    redis_url: Redis = None,
    window_days: Window = None,
) -> None:
    """Say what is known of a customer."""
    from stream_app.portrait import portrait

    instant = None if as_of is None else instant_from(as_of)
    for line in portrait(settings_from(redis_url=redis_url, window_days=window_days), customer_id, instant):
        typer.echo(line)
