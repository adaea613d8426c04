"""The options that several commands share, and the two ways a command speaks: results to stdout, the rest to stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stream_app.settings import Settings

Bootstrap = Annotated[str | None, typer.Option("--kafka-bootstrap-servers", help="KAFKA_BOOTSTRAP_SERVERS")]
Redis = Annotated[str | None, typer.Option("--redis-url", help="REDIS_URL")]
ModelUri = Annotated[str | None, typer.Option("--model-uri", help="SEGSTREAM_MODEL_URI")]
Window = Annotated[str | None, typer.Option("--window-days", help="SEGSTREAM_WINDOW_DAYS: a number, or none")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON to stdout.")]


def settings_from(**flags: Any) -> Settings:
    """Return the settings of the environment; flags that are not None win."""
    from stream_app.settings import load_settings

    refuse_password(flags.get("redis_url"))
    return load_settings(**flags)


def refuse_password(redis_url: str | None) -> None:
    """Raise UsageError when a flag holds a password: everybody on the machine sees the words of a command."""
    from stream_app.core.errors import UsageError
    from stream_app.effective_settings import mask_url

    if redis_url is not None and mask_url(redis_url) != redis_url:
        raise UsageError(
            "--redis-url holds a password, and everybody on this machine can see a command's words.",
            "Put the URL into REDIS_URL, into .env, or into a file that REDIS_URL_FILE names.",
            code="PASSWORD_SHOWN",
        )


def say(text: str) -> None:
    """Tell a person something that is not the command's result."""
    typer.echo(text, err=True)


def echo_json(value: object) -> None:
    """Write a command's result for programs: one line of JSON."""
    import msgspec

    typer.echo(msgspec.json.encode(value).decode())


def a_group(help: str) -> typer.Typer:
    """Return a command that only has commands of its own."""
    return typer.Typer(help=help, no_args_is_help=True)


def instant_from(text: str) -> int:
    """Return the instant that a person wrote; raises UsageError when it is none."""
    from stream_app.core.errors import UsageError
    from stream_app.core.instants import parse_instant

    instant = parse_instant(text)
    if instant is None:
        raise UsageError(f"{text} is no RFC 3339 instant with a zone.", "Write it like 2026-01-31T00:00:00Z.")
    return instant
