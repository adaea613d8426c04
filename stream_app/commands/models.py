"""`segstream models`: what is published, what a model is, how two differ, and other words for a segment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stream_app.commands.load_screen import working
from stream_app.commands.options import AsJson, Bootstrap, ModelUri, a_group, echo_json, say, settings_from

if TYPE_CHECKING:
    from stream_app.catalogue import Live
    from stream_app.settings import Settings

models_app = a_group("See the published models, compare them, and give segments other words.")

Version = Annotated[str, typer.Argument(help="Its name or a beginning of it, `latest` or `live`.")]


def _live(settings: Settings) -> Live:
    from stream_app.catalogue import find_live

    with working(f"Asking Kafka at {settings.kafka_bootstrap_servers} which model is live …"):
        return find_live(settings)


@models_app.command("list")
def models_list(as_json: AsJson = False, model_uri: ModelUri = None, kafka_bootstrap_servers: Bootstrap = None) -> None:
    """List the published models, the newest first, and say which is live."""
    from stream_app.catalogue import entries
    from stream_app.catalogue_words import list_lines

    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers)
    live = _live(settings)
    found = entries(settings, live)
    if as_json:
        echo_json(found)
        return
    for line in list_lines(found, live, f"{settings.model_uri} under the name {settings.model_name}"):
        typer.echo(line)


@models_app.command("show")
def models_show(
    version: Version = "live",
    as_json: AsJson = False,
    model_uri: ModelUri = None,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Show a model's segments in words, and the facts of its training."""
    from stream_app.catalogue import files_of, version_called
    from stream_app.catalogue_words import show_lines

    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers)
    live = _live(settings)
    artefact = settings.models.artefact(version_called(settings, version, live))
    model = settings.models.peek(artefact.version)
    files = files_of(settings, model)
    if as_json:
        is_live = None if live.unknown else live.version == artefact.version
        echo_json({"model": model, "sha256": artefact.sha256, "is_live": is_live, "files": files})
        return
    for line in show_lines(model, live, files, settings.currency):
        typer.echo(line)


@models_app.command("diff")
def models_diff(
    old: Version,
    new: Version,
    as_json: AsJson = False,
    model_uri: ModelUri = None,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Compare two models: segments kept, new and retired, how far they moved, their shares and names."""
    from model_store.comparison import compare
    from stream_app.catalogue import LIVE, Live, version_called
    from stream_app.catalogue_words import diff_lines

    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers)
    live = _live(settings) if LIVE in (old, new) else Live()
    found = compare(*(settings.models.peek(version_called(settings, word, live)) for word in (old, new)))
    if as_json:
        echo_json(found)
        return
    for line in diff_lines(found):
        typer.echo(line)


@models_app.command("rename")
def models_rename(
    segment_id: Annotated[str, typer.Argument(metavar="ID", help="The segment's id, such as s2.")],
    name: Annotated[str, typer.Argument(help="What people are to read from now on.")],
    description: Annotated[str | None, typer.Option(help="Who they are, in a sentence.")] = None,
    action: Annotated[str | None, typer.Option(help="What to do for them, in a sentence.")] = None,
    of: Annotated[str, typer.Option("--of", help="The model to start from: a version, `latest` or `live`.")] = "live",
    should_promote: Annotated[bool, typer.Option("--promote", help="Make it the live model.")] = False,
    as_json: AsJson = False,
    model_uri: ModelUri = None,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Publish a model that differs only in a segment's words; a retraining keeps them with the id."""
    from datetime import UTC, datetime

    from model_store.renaming import Words
    from stream_app.catalogue import LIVE, Live, publish_renamed, version_called
    from stream_app.operators import promote

    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers)
    version = version_called(settings, of, _live(settings) if of == LIVE else Live())
    artefact = publish_renamed(settings, version, segment_id, Words(name, description, action), datetime.now(UTC))
    if should_promote:
        promote(settings, artefact)
    if as_json:
        echo_json(artefact)
    else:
        say(f"{segment_id} is called {name} in the new version of {version}.")
        typer.echo(artefact.version)
    say("It is live." if should_promote else "Workers use it once it is promoted.")


@models_app.command("sign")
def models_sign(
    version: Version,
    key: Annotated[Path, typer.Option(help="PEM file with an Ed25519 private key, without a password.")],
    model_uri: ModelUri = None,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Put a signature beside a model, for workers with SEGSTREAM_MODEL_PUBLIC_KEY."""
    from model_store.signature import PrivateKey
    from stream_app.catalogue import LIVE, Live, version_called
    from stream_app.commands.signing import sign_version

    settings = settings_from(model_uri=model_uri, kafka_bootstrap_servers=kafka_bootstrap_servers)
    found = version_called(settings, version, _live(settings) if version == LIVE else Live())
    sign_version(settings, found, PrivateKey(key))
