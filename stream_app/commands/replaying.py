"""`segstream replay`: counts everybody anew from the orders, beside what is live, and compares the two."""

from __future__ import annotations

from typing import Annotated

import typer

from stream_app.commands.options import (
    AsJson,
    Bootstrap,
    ModelUri,
    Redis,
    Window,
    echo_json,
    instant_from,
    say,
    settings_from,
)

replay_app = typer.Typer(invoke_without_command=True, no_args_is_help=True)

Into = Annotated[str | None, typer.Option("--into", help="The namespace's name: 1 to 31 of a-z, 0-9 and -.")]
First = Annotated[str, typer.Option("--from", help="beginning, an RFC 3339 instant, or partition:offset,…")]
Last = Annotated[str, typer.Option("--to", help="end, an RFC 3339 instant, or partition:offset,…")]
Rate = Annotated[
    int | None,
    typer.Option(min=1, help="Orders a second in this process; 2,000 beside a live worker, else as fast as they go."),
]
Published = Annotated[
    bool, typer.Option("--publish", help="Write changes and dead letters too, to topics of the namespace.")
]


@replay_app.callback()
def replay(
    context: typer.Context,
    into: Into = None,
    first: First = "beginning",
    last: Last = "end",
    model: Annotated[str | None, typer.Option(help="The version that scores; the live one by default.")] = None,
    rate: Rate = None,
    is_published: Published = False,
    instance_id: Annotated[str | None, typer.Option(help="SEGSTREAM_INSTANCE_ID")] = None,
    window_days: Window = None,
    model_uri: ModelUri = None,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
) -> None:
    """Count everybody anew from the orders topic into a namespace of its own, beside what is live.

    The same command goes on with a replay that was ended, and several processes share one: give each its own
    --instance-id.
    """
    if context.invoked_subcommand is not None:
        return
    from stream_app.commands.replay_run import Flags, run_replay

    settings = settings_from(
        kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, instance_id=instance_id,
        window_days=window_days, model_uri=model_uri,
    )  # fmt: skip
    flags = Flags(into, first, last, model, rate, is_published, as_json, has_window=window_days is not None)
    raise typer.Exit(run_replay(settings, flags))


@replay_app.command("diff")
def replay_diff(
    first: Annotated[str, typer.Argument(help="live, or a namespace.")],
    second: Annotated[str, typer.Argument(help="live, or a namespace.")],
    at: Annotated[
        str | None, typer.Option(help="RFC 3339 instant; by default the newest clock of both.", show_default=False)
    ] = None,
    is_equality_expected: Annotated[
        bool, typer.Option("--expect-equal", help="End with code 1 when anybody differs.")
    ] = False,
    has_own_models: Annotated[
        bool, typer.Option("--own-models", help="Score each side by its own model, not both by the first one's.")
    ] = False,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
) -> None:
    """Compare every customer of two namespaces, brought to one instant and scored by one model."""
    from stream_app.commands.diff_words import describe
    from stream_app.commands.load_screen import working
    from stream_app.commands.replay_run import shadow_of
    from stream_app.settings import LIVE
    from stream_app.shadow.diff import Diff, half_of

    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri)
    for name in {first, second} - {LIVE}:
        shadow_of(settings, name)
    halves = half_of(settings, first), half_of(settings, second)
    diff = Diff(*halves, None if at is None else instant_from(at), has_own_models=has_own_models)
    with working("Comparing") as tell:
        found = diff.run(tell)
    if as_json:
        echo_json(found)
    else:
        typer.echo(describe(found))
    raise typer.Exit(1 if is_equality_expected and found.different else 0)


@replay_app.command("swap")
def replay_swap(
    namespace: Annotated[str, typer.Argument(help="As --into had it.")],
    why: Annotated[str, typer.Option(help="For whoever reads the control topic later.")] = "",
    is_quiet: Annotated[
        bool, typer.Option("--quiet", help="Tag the corrections, so that nobody acts on them.")
    ] = False,
    is_silent: Annotated[bool, typer.Option("--silent", help="Publish no corrections at all.")] = False,
    is_given_up: Annotated[
        bool, typer.Option("--give-up", help="Go on without it where it is under way: the replay is lost for good.")
    ] = False,
    rate: Rate = None,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
) -> None:
    """Let what is live take over what a namespace holds of its customers, while orders go on.

    Where that changes somebody's segment a correction is published. The same command goes on with a swap under way.
    """
    from stream_app.commands.load_screen import working
    from stream_app.commands.replay_run import give_swap_up, rate_beside, shadow_of
    from stream_app.shadow.swap import Wish, swap

    live = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri)
    shadow = shadow_of(live, namespace)
    if is_given_up:
        give_swap_up(live, namespace, why, as_json=as_json)
        return
    wish = Wish(why, is_quiet, is_silent, rate_beside(live, rate))
    with working(f"Following what is live in {namespace}") as tell:
        done = swap(live, shadow, wish, tell)
    if as_json:
        echo_json(done)
    if done.refused:
        say(f"Partitions {', '.join(map(str, done.refused))} had gone on before: run the command again.")
        raise typer.Exit(1)
    stood = f" The partitions stood still for {done.held_seconds:.1f} s." if done.held_seconds else ""
    say(f"Swapped: what is live has taken over what {namespace} held.{stood}")


@replay_app.command("remove")
def replay_remove(
    namespace: Annotated[str, typer.Argument(help="As --into had it.")],
    is_sure: Annotated[bool, typer.Option("--yes", help="Do it. Without it nothing is removed.")] = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
) -> None:
    """Remove a namespace: its topics, its Redis keys and its consumer group. The orders stay."""
    from stream_app.commands.replay_run import shadow_of
    from stream_app.shadow.remove import names_of, remove

    live = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    shadow = shadow_of(live, namespace)
    if not is_sure:
        typer.echo("\n".join(names_of(shadow)))
        say("Nothing was removed. Add --yes to remove them.")
        return
    removed = remove(live, shadow)
    say(f"Removed {removed:,} Redis keys, the topics and the group of {namespace}.")
