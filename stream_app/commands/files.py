"""`segstream train` and `load`: what is done with a shop's file of orders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from stream_app.commands.options import Bootstrap, ModelUri, Window, say, settings_from

FormatOption = Annotated[str, typer.Option("--format", help="completejourney or online-retail")]
Timezone = Annotated[str, typer.Option(help="Of times without a zone.")]


def train(
    file: Path,
    format: FormatOption,
    k: Annotated[int, typer.Option(help="Number of segments.")] = 4,
    until: Annotated[float, typer.Option(help="Learn from this first part of the time span.")] = 1.0,
    timezone: Timezone = "UTC",
    should_promote: Annotated[bool, typer.Option("--promote", help="Make it the live model.")] = False,
    model_uri: ModelUri = None,
    window_days: Window = None,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Train a model on a file of orders, and say what its segments are."""
    from datetime import UTC, datetime

    from stream_app.operators import promote
    from trainer.train import TrainingPlan, train

    settings = settings_from(
        model_uri=model_uri, window_days=window_days, kafka_bootstrap_servers=kafka_bootstrap_servers
    )
    plan = TrainingPlan(file, format, k=k, window_days=settings.window_days, until_fraction=until, timezone=timezone)
    training = train(plan, store_uri=settings.model_uri, trained_at=datetime.now(UTC))
    say(_read_words(training.report))
    for segment in training.model.segments:
        profile = segment.profile
        say(f"  {segment.id}  {segment.name:<18} {profile.share:6.1%}  {segment.description}")
    typer.echo(training.artefact.version)
    if should_promote:
        promote(settings, training.artefact)
        say(f"Model {training.artefact.version} is live.")


def _read_words(report: Any) -> str:
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in sorted(report.skipped.items()) if count)
    words = f"Read {report.lines_read:,} lines: {report.orders:,} orders of {report.customers:,} customers."
    return f"{words} Skipped lines: {skipped}." if skipped else words


def load(
    file: Path,
    format: FormatOption,
    history: Annotated[bool, typer.Option("--history", help="As the past: folded unscored, then scored once.")] = False,
    rate: Annotated[float | None, typer.Option(help="Orders a second at most.")] = None,
    timezone: Timezone = "UTC",
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Send a file's orders to the orders topic."""
    from stream_app.history.reading import open_history
    from stream_app.replay.load import load as send_orders
    from stream_app.replay.send import Sender

    settings = settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)
    with open_history(file, format, timezone=timezone) as past:
        say(_read_words(past.report))
        done = send_orders(past.orders(), Sender(settings), is_history=history, rate=rate)
    say(f"Sent {done.orders:,} orders in {done.seconds:.1f} s.")
