"""`segstream tail`, `customer`, `segments` and `drift`: what anybody may look at."""

from __future__ import annotations

import re
import time
from typing import Annotated, get_args

import typer

from stream_app.commands.load_screen import working
from stream_app.commands.options import (
    AsJson,
    Bootstrap,
    ModelUri,
    Redis,
    echo_json,
    instant_from,
    say,
    settings_from,
)

AGO = re.compile(r"(\d+)([smhd])")
SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

Since = Annotated[
    str, typer.Option("--from", help="now, beginning, an RFC 3339 instant, or so long ago: 90s, 15m, 2h, 7d.")
]
Segments = Annotated[
    list[str] | None,
    typer.Option("--segment", help="Only into or out of this segment, by name or id; `lapsed` is one. Repeatable."),
]
Causes = Annotated[
    list[str] | None,
    typer.Option("--cause", help="order, return, correction, aging, expiry, model or erasure. Repeatable."),
]
Following = Annotated[bool, typer.Option("--follow/--no-follow", help="Wait for more, or end at the end.")]
Customers = Annotated[list[str] | None, typer.Option("--customer", help="Only this customer. Repeatable.")]


def tail(
    since: Since = "now",
    segments: Segments = None,
    causes: Causes = None,
    customers: Customers = None,
    limit: Annotated[int | None, typer.Option(min=1, help="End after so many changes.")] = None,
    is_following: Following = True,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Follow the segment changes, in words or as the events they are."""
    from stream_app.segment_names import hint
    from stream_app.tail import Changes, Filter, Wish, follow

    wanted = Filter(_lower(segments), _known_causes(causes or []), frozenset(customers or []))
    wish = Wish(wanted, limit, is_following, as_json)
    start = _start_of(since)
    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)
    with Changes(settings, start=start) as changes:
        if wanted.segments and (note := hint(settings, wanted.segments)):
            say(note)
        if is_following and not as_json:
            say(f"Changes on {settings.topics.changes}, from {since} on. Ctrl-C ends.")
        follow(changes, wish, typer.echo)


def _lower(names: list[str] | None) -> frozenset[str]:
    return frozenset(name.lower() for name in names or [])


def _known_causes(causes: list[str]) -> frozenset[str]:
    from stream_app.contract.segment_change import Cause
    from stream_app.core.errors import UsageError

    known = get_args(Cause)
    if "history" in causes:
        raise UsageError(
            "'history' is not a cause: what is told as `from history` has another one, and replay set.",
            'Use --cause order (or model, after a quiet promotion), or look for "replay":true in what --json prints.',
        )
    for cause in causes:
        if cause not in known:
            raise UsageError(f"{cause!r} is not a cause.", f"Use one of: {', '.join(known)}.")
    return frozenset(causes)


def _start_of(since: str) -> int:
    """Return where to begin: one of the two marks of `Changes`, or an instant."""
    from stream_app.tail import FROM_BEGINNING, FROM_NOW

    if since in ("beginning", "now"):
        return FROM_BEGINNING if since == "beginning" else FROM_NOW
    if ago := AGO.fullmatch(since):
        return int((time.time() - int(ago[1]) * SECONDS[ago[2]]) * 1_000_000)
    return instant_from(since)


def customer(
    customer_id: str,
    as_of: Annotated[str | None, typer.Option(help="Features at a later instant, from the stored orders.")] = None,
    orders: Annotated[int, typer.Option(min=0, help="So many of the last orders.")] = 5,
    as_json: AsJson = False,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
) -> None:
    """Say what is known of a customer: segment, features, history, last orders."""
    from stream_app.portrait import in_words, portrait, to_json

    instant = None if as_of is None else instant_from(as_of)
    settings = settings_from(redis_url=redis_url, model_uri=model_uri)
    found = portrait(settings, customer_id, instant, orders)
    if as_json:
        typer.echo(to_json(found))
        return
    for line in in_words(found):
        typer.echo(line)


def segments(
    days: Annotated[int, typer.Option(min=1, max=1_000, help="Beside what was so many days earlier.")] = 30,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
) -> None:
    """Say how many customers and how much revenue each segment has, and had some days earlier."""
    from stream_app.segments import read_sizes, size_lines

    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri)
    seen = read_sizes(settings, days)
    if as_json:
        echo_json(seen)
        return
    for line in size_lines(seen):
        typer.echo(line)


def drift(
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
) -> None:
    """Say how far today's customers are from those that the live model learned from."""
    from stream_app.drift import drift_lines, measure

    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri)
    with working("Reading everybody in Redis"):
        seen = measure(settings)
    if as_json:
        echo_json(seen)
        return
    for line in drift_lines(seen):
        typer.echo(line)
