"""`segstream init`, `config` and `doctor`: from an empty folder to a deployment of which one knows that it is sound."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stream_app.commands.options import (
    AsJson,
    Bootstrap,
    ModelUri,
    Redis,
    Window,
    a_group,
    refuse_password,
    say,
    settings_from,
)

config_app = a_group("See the settings, and what they may be.")


def init(
    folder: Annotated[Path, typer.Argument(help="Made when it is not there.")] = Path(),
    deployment: Annotated[str, typer.Option(help="Its name: a-z, 0-9, - and _.")] = "segstream",
    kafka_bootstrap_servers: Annotated[str | None, typer.Option(help="A Kafka that runs already.")] = None,
    redis_url: Annotated[str | None, typer.Option(help="A Redis or Valkey that runs already.")] = None,
    window_days: Annotated[str, typer.Option(help="The rolling window: a number, or none.")] = "365",
    currency: Annotated[str, typer.Option(help="Of all orders.")] = "EUR",
    partitions: Annotated[int, typer.Option(min=1, help="Of the topics; most workers that can share the load.")] = 12,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of the topics: 1 with a Kafka of its own, else 3.")
    ] = None,
    is_forced: Annotated[bool, typer.Option("--force", help="Replace the files that are there.")] = False,
) -> None:
    """Write a new deployment's files: docker-compose.yml, .env and segstream.toml."""
    from stream_app.neighbours import look_for_neighbours, neighbour_words
    from stream_app.starter.files import start_deployment
    from stream_app.starter.next_steps import next_steps
    from stream_app.starter.plan import Plan

    refuse_password(redis_url)
    plan = Plan(deployment, kafka_bootstrap_servers, redis_url, window_days.lower(), currency, partitions, replication)
    start_deployment(folder, plan, is_forced=is_forced)
    for line in next_steps(folder, plan):
        say(line)
    if note := neighbour_words(plan, look_for_neighbours(plan)):
        say(f"\n{note}")


@config_app.command("show")
def config_show(
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
    window_days: Window = None,
) -> None:
    """Show every setting in force, and where it comes from; secrets are masked."""
    import json

    from stream_app.effective_settings import effective_settings, settings_as_json, settings_lines, unknown_variables

    refuse_password(redis_url)
    found = effective_settings(
        kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri,
        window_days=window_days,
    )  # fmt: skip
    unknown = unknown_variables()
    if as_json:
        typer.echo(json.dumps(settings_as_json(found, unknown), ensure_ascii=False, indent=2))
        return
    for line, is_default in settings_lines(found):
        typer.echo(typer.style(line, dim=True) if is_default else line)
    for name in unknown:
        say(f"warning: {name}")


@config_app.command("schema")
def config_schema() -> None:
    """Print the JSON Schema of segstream.toml, with the variable of each setting."""
    import json

    from stream_app.effective_settings import settings_schema

    typer.echo(json.dumps(settings_schema(), ensure_ascii=False, indent=2))


def doctor(
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
    window_days: Window = None,
) -> None:
    """Check a deployment from here: each line is fine, or says the command that mends it."""
    import time

    from rich.console import Console

    from stream_app.doctor.examination import Examination
    from stream_app.doctor.finding import Status
    from stream_app.doctor.report import Report
    from stream_app.doctor.report import as_json as text_of

    settings = settings_from(
        kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri,
        window_days=window_days,
    )  # fmt: skip
    groups = Examination(settings).groups()
    if as_json:
        findings = [finding for group in groups for finding in group.findings]
        typer.echo(text_of(findings))
        raise typer.Exit(1 if any(finding.status is Status.PROBLEM for finding in findings) else 0)
    began = time.monotonic()
    report = Report(Console(highlight=False))
    for group in groups:
        report.show(group.name, group.findings)
    raise typer.Exit(0 if report.close(time.monotonic() - began) else 1)
