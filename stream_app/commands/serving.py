"""`segstream api`: the HTTP API, and the tokens that open it."""

from __future__ import annotations

from typing import Annotated

import typer

from stream_app.commands.options import Bootstrap, ModelUri, Redis, Window, say, settings_from

api_app = typer.Typer(help="Serve the HTTP API until SIGTERM; its pages are at /docs.", invoke_without_command=True)


@api_app.callback()
def api(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="SEGSTREAM_API_HOST")] = None,
    port: Annotated[int | None, typer.Option(help="SEGSTREAM_API_PORT")] = None,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
    window_days: Window = None,
) -> None:
    """Serve the HTTP API until SIGTERM; its pages are at /docs."""
    if context.invoked_subcommand is not None:
        return
    from stream_app.core.errors import UsageError

    settings = settings_from(
        api_host=host, api_port=port, kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url,
        model_uri=model_uri, window_days=window_days,
    )  # fmt: skip
    try:
        from stream_app.api.run import run_api
    except ImportError as error:
        raise UsageError(
            f"The API needs the package {error.name}, which is not installed.", "pip install 'segstream[api]'"
        ) from error
    run_api(settings)


@api_app.command("token")
def api_token(
    scope: Annotated[str, typer.Option(help="read, or admin: that may also promote models and erase people.")] = "read",
) -> None:
    """Make a token: it is shown this once, and the API knows only its hash."""
    from stream_app.api.tokens import Scope, new_token
    from stream_app.core.errors import UsageError

    if scope not in set(Scope):
        raise UsageError(f"{scope!r} is no scope.", "Say --scope read or --scope admin.")
    token, entry = new_token(Scope(scope))
    typer.echo(f"token  {token}")
    typer.echo(f"entry  {entry}")
    say("Give the token to the client, and add the entry to SEGSTREAM_API_TOKENS or to the file of tokens.")
