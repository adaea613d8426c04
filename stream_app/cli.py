"""The `segstream` command: every verb is a few lines in `commands/` that call one function."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from stream_app.commands import (
    backfill,
    dead_letters,
    files,
    models,
    operating,
    personal,
    promoting,
    reading,
    repartitioning,
    replaying,
    running,
    serving,
    setting_up,
)
from stream_app.commands.failure import exit_code_of

DEBUG = "--debug"

app = typer.Typer(
    name="segstream",
    help="Streaming customer segmentation: orders in, segment changes out, exactly once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)

START, DATA, LOOK, OPERATE, PERSON = "Start", "Your data", "Look", "Operate", "A person's data"

app.command(rich_help_panel=START)(running.demo)
app.command(rich_help_panel=START)(running.local)
app.command(rich_help_panel=START)(running.space)
app.command(rich_help_panel=START)(setting_up.init)
app.command(rich_help_panel=DATA)(files.train)
app.command(rich_help_panel=DATA)(files.load)
app.command(rich_help_panel=DATA)(backfill.backfill)
app.command(rich_help_panel=LOOK)(reading.tail)
app.command(rich_help_panel=LOOK)(reading.customer)
app.command(rich_help_panel=LOOK)(reading.segments)
app.command(rich_help_panel=LOOK)(reading.drift)
app.command(rich_help_panel=LOOK)(running.dashboard)
app.command(rich_help_panel=OPERATE)(running.worker)
app.add_typer(serving.api_app, name="api", rich_help_panel=OPERATE)
operating.topics_app.add_typer(repartitioning.repartition_app, name="repartition")
app.add_typer(operating.topics_app, name="topics", rich_help_panel=OPERATE)
models.models_app.command()(promoting.preview)
models.models_app.command()(promoting.promote)
models.models_app.command()(promoting.rollback)
app.add_typer(models.models_app, name="models", rich_help_panel=OPERATE)
app.add_typer(operating.partitions_app, name="partitions", rich_help_panel=OPERATE)
app.add_typer(dead_letters.dlq_app, name="dlq", rich_help_panel=OPERATE)
app.add_typer(replaying.replay_app, name="replay", rich_help_panel=OPERATE)
app.command(rich_help_panel=OPERATE)(operating.tick)
app.command(rich_help_panel=OPERATE)(setting_up.doctor)
app.command(rich_help_panel=PERSON)(personal.export)
app.command(rich_help_panel=PERSON)(personal.erase)
app.command(rich_help_panel=PERSON)(personal.unerase)
app.command(rich_help_panel=PERSON)(personal.pseudonym)
app.add_typer(setting_up.config_app, name="config", rich_help_panel=OPERATE)


def _print_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        typer.echo(f"segstream {version('segstream')}")
        raise typer.Exit


@app.callback()
def segstream(
    is_debugging: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks.")] = False,
    is_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Streaming customer segmentation: orders in, segment changes out, exactly once."""


def main() -> None:
    """Run `segstream`."""
    sys.exit(exit_code_of(app, is_debugging=DEBUG in sys.argv[1:2]))


if __name__ == "__main__":
    main()
