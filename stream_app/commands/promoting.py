"""`segstream models preview`, `promote` and `rollback`: which model decides from now on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from model_store.store import Artefact
    from stream_app.settings import Settings

Candidate = Annotated[str, typer.Argument(metavar="VERSION", help="Its name or a beginning of it, or `latest`.")]
Why = Annotated[str, typer.Option(help="For whoever reads the control topic later.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="Mark the changes `replay`: subscribers take note and do not act.")
]


def preview(
    version: Candidate = "latest",
    as_json: AsJson = False,
    model_uri: ModelUri = None,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
) -> None:
    """Score today's customers with a model that is not live, and show who would move."""
    from model_store.errors import ModelRefused
    from stream_app.candidate.promotion import gate_of, look_at
    from stream_app.candidate.words import preview_facts, preview_lines
    from stream_app.operators import live_model

    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    candidate = settings.models.peek(_artefact(settings, version).version)
    with working("Scoring everybody in Redis"):
        seen = look_at(settings, candidate)
    if seen is None:
        say("No model is live yet, so nobody is in a segment: nothing to compare with.")
        return
    objections = gate_of(settings).objections(seen)
    if as_json:
        echo_json(preview_facts(seen) | {"objections": objections})
        return
    promotion = live_model(settings)
    try:
        live = None if promotion is None else settings.models.peek(promotion.version)
    except ModelRefused:
        live = None
    for line in preview_lines(seen, candidate, live, settings.currency):
        typer.echo(line)
    for objection in objections:
        say(f"Against it: {objection}")
    say("It does not pass the gate." if objections else "It passes the gate.")


def promote(
    version: Candidate,
    why: Why = "",
    at: Annotated[
        str | None, typer.Option(help="When the partitions' clocks reach this instant; else at once.")
    ] = None,
    is_quiet: Quiet = False,
    is_forced: Annotated[bool, typer.Option("--force", help="Past the gate; say --why.")] = False,
    model_uri: ModelUri = None,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
) -> None:
    """Make a model the live one; running workers switch to it. Refused when it changes too much."""
    from stream_app.candidate.promotion import pass_gate
    from stream_app.core.errors import UsageError
    from stream_app.operators import candidate
    from stream_app.operators import promote as say_it_is_live

    if is_forced and not why:
        raise UsageError("--force needs a reason.", "Add --why, for whoever reads the control topic later.")
    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    if at is not None:
        instant_from(at)
    artefact = _artefact(settings, version)
    model = candidate(settings, artefact)
    if not is_forced:
        with working("Scoring everybody in Redis"):
            seen = pass_gate(settings, model)
        if seen is not None:
            say(f"{seen.moved_share:.1%} of {seen.customers:,} customers will move.")
    say_it_is_live(settings, artefact, why=why, effective_at=at, is_quiet=is_quiet)
    say(f"Model {artefact.version} is live {'from now on' if at is None else f'from {at} on'}.")


def rollback(
    why: Why = "",
    is_quiet: Quiet = False,
    model_uri: ModelUri = None,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Make the model live again that was live before; no gate is asked."""
    from stream_app.operators import model_before
    from stream_app.operators import promote as say_it_is_live

    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers)
    artefact = model_before(settings)
    say_it_is_live(settings, artefact, why=why, is_quiet=is_quiet, is_rollback=True)
    say(f"Model {artefact.version} is live again.")


def _artefact(settings: Settings, word: str) -> Artefact:
    from stream_app.catalogue import Live, version_called

    return settings.models.artefact(version_called(settings, word, Live()))
