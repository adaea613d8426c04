"""The `segstream` command: every verb is a few lines that call one function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from stream_app.settings import Settings

app = typer.Typer(
    name="segstream",
    help="Streaming customer segmentation: orders in, segment changes out, exactly once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=True,
)
topics_app = typer.Typer(help="Create and check the deployment's topics.", no_args_is_help=True)
partitions_app = typer.Typer(help="See and steer single partitions.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(partitions_app, name="partitions")

Bootstrap = Annotated[str | None, typer.Option("--kafka-bootstrap-servers", help="KAFKA_BOOTSTRAP_SERVERS")]
Redis = Annotated[str | None, typer.Option("--redis-url", help="REDIS_URL")]
ModelUri = Annotated[str | None, typer.Option("--model-uri", help="SEGSTREAM_MODEL_URI")]
Window = Annotated[str | None, typer.Option("--window-days", help="SEGSTREAM_WINDOW_DAYS: a number, or none")]
FormatOption = Annotated[str, typer.Option("--format", help="completejourney or online-retail")]
Timezone = Annotated[str, typer.Option(help="Of times without a zone.")]


def _settings(**flags: Any) -> Settings:
    from stream_app.settings import load_settings

    return load_settings(**flags)


def _say(text: str) -> None:
    typer.echo(text, err=True)


@app.command()
def demo(
    until_done: Annotated[bool, typer.Option("--until-done", help="End with the data instead of with Ctrl-C.")] = False,
    rate: Annotated[float | None, typer.Option(help="Orders a second; as fast as they go by default.")] = None,
    households: Annotated[int | None, typer.Option(help="Only so many households.")] = None,
) -> None:
    """Run everything on this machine: Kafka, Valkey, a trained model, the worker, and a shop's orders."""
    from stream_app.demo.run import run_demo

    raise typer.Exit(run_demo(until_done=until_done, rate=rate, households=households))


@app.command()
def local(
    kafka_port: Annotated[int | None, typer.Option(help="A free one by default.")] = None,
    redis_port: Annotated[int | None, typer.Option(help="A free one by default.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Kept; a temporary folder by default.")] = None,
    redis_binary: Annotated[str | None, typer.Option(help="A redis-server of your own, on PATH.")] = None,
) -> None:
    """Run a real Kafka and a real Valkey here until Ctrl-C, and print their addresses."""
    from stream_app.local.command import run_local

    raise typer.Exit(run_local(kafka_port, redis_port, data_dir, redis_binary))


@app.command()
def worker(
    kafka_bootstrap_servers: Bootstrap = None,
    redis_url: Redis = None,
    model_uri: ModelUri = None,
    window_days: Window = None,
    instance_id: Annotated[str | None, typer.Option(help="SEGSTREAM_INSTANCE_ID")] = None,
    web_port: Annotated[int | None, typer.Option(help="SEGSTREAM_WEB_PORT")] = None,
) -> None:
    """Run one worker until SIGTERM."""
    from stream_app.worker.run import run_worker

    settings = _settings(
        kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url, model_uri=model_uri,
        window_days=window_days, instance_id=instance_id, web_port=web_port,
    )  # fmt: skip
    raise typer.Exit(run_worker(settings))


@app.command()
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

    settings = _settings(model_uri=model_uri, window_days=window_days, kafka_bootstrap_servers=kafka_bootstrap_servers)
    plan = TrainingPlan(file, format, k=k, window_days=settings.window_days, until_fraction=until, timezone=timezone)
    training = train(plan, store_uri=settings.model_uri, trained_at=datetime.now(UTC))
    _say(_read_words(training.report))
    for segment in training.model.segments:
        profile = segment.profile
        _say(f"  {segment.id}  {segment.name:<18} {profile.share:6.1%}  {segment.description}")
    typer.echo(training.artefact.version)
    if should_promote:
        promote(settings, training.artefact)
        _say(f"Model {training.artefact.version} is live.")


def _read_words(report: Any) -> str:
    skipped = ", ".join(f"{count:,} {reason}" for reason, count in sorted(report.skipped.items()) if count)
    words = f"Read {report.lines_read:,} lines: {report.orders:,} orders of {report.customers:,} customers."
    return f"{words} Skipped lines: {skipped}." if skipped else words


@app.command()
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

    sender = Sender(_settings(kafka_bootstrap_servers=kafka_bootstrap_servers))
    with open_history(file, format, timezone=timezone) as past:
        _say(_read_words(past.report))
        done = send_orders(past.orders(), sender, is_history=history, rate=rate)
    _say(f"Sent {done.orders:,} orders in {done.seconds:.1f} s.")


@app.command()
def tick(
    to: Annotated[str, typer.Option(help="RFC 3339 instant with a zone.")],
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Move the clock of every partition to an instant; it never goes back."""
    from stream_app.core.errors import UsageError
    from stream_app.core.instants import parse_instant
    from stream_app.replay.send import Sender

    instant = parse_instant(to)
    if instant is None:
        raise UsageError(f"{to} is no RFC 3339 instant with a zone.", "Write it like 2026-01-31T00:00:00Z.")
    Sender(_settings(kafka_bootstrap_servers=kafka_bootstrap_servers)).tick(instant)


@topics_app.command("create")
def topics_create(
    partitions: Annotated[int, typer.Option(min=1)] = 12,
    replication: Annotated[int, typer.Option(min=1)] = 1,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Create the topics that are missing."""
    from stream_app.topics import create_topics

    created = create_topics(_settings(kafka_bootstrap_servers=kafka_bootstrap_servers), partitions, replication)
    _say(f"Created {', '.join(created)}." if created else "All topics exist already.")


@topics_app.command("check")
def topics_check(kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Compare the topics with what the guarantees need."""
    from stream_app.topics import check_topics

    problems = check_topics(_settings(kafka_bootstrap_servers=kafka_bootstrap_servers))
    for problem in problems:
        typer.echo(problem)
    _say("The topics are not as they should be." if problems else "All topics are as they should be.")
    raise typer.Exit(1 if problems else 0)


@partitions_app.command("list")
def partitions_list(kafka_bootstrap_servers: Bootstrap = None, redis_url: Redis = None) -> None:
    """Show how far every partition has come, and which are paused."""
    from stream_app.core.instants import rfc3339
    from stream_app.lookup import Lookup
    from stream_app.replay.send import Sender

    settings = _settings(kafka_bootstrap_servers=kafka_bootstrap_servers, redis_url=redis_url)
    for status in Lookup(settings).partitions(Sender(settings).partitions()):
        clock = rfc3339(status.clock) if status.clock >= 0 else "no clock yet"
        state = f"paused: {status.paused}" if status.paused else "running"
        typer.echo(
            f"{status.partition:>4}  next order {status.source_position:>10,}  "
            f"customers {status.customers:>10,}  clock {clock}  {state}"
        )


Why = Annotated[str, typer.Option(help="For whoever reads the control topic later.")]


@partitions_app.command("resume")
def partitions_resume(partition: int, why: Why, kafka_bootstrap_servers: Bootstrap = None) -> None:
    """Let a paused partition go on."""
    from stream_app.operators import resume

    resume(_settings(kafka_bootstrap_servers=kafka_bootstrap_servers), partition, why)


@partitions_app.command("skip")
def partitions_skip(
    partition: int,
    to: Annotated[int, typer.Option(help="The offset to go on from.")],
    why: Why,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Give up a paused partition's records before an offset."""
    from stream_app.operators import skip

    skip(_settings(kafka_bootstrap_servers=kafka_bootstrap_servers), partition, to, why)


@app.command()
def tail(
    from_beginning: Annotated[bool, typer.Option("--from-beginning")] = False,
    limit: Annotated[int | None, typer.Option(help="End after so many changes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The events as they are.")] = False,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Follow the segment changes, in words."""
    from stream_app.tail import follow

    settings = _settings(kafka_bootstrap_servers=kafka_bootstrap_servers)
    follow(settings, from_beginning=from_beginning, limit=limit, as_json=as_json, write=typer.echo)


@app.command()
def customer(
    customer_id: str,
    as_of: Annotated[str | None, typer.Option(help="Features at a later instant, from the stored orders.")] = None,
    redis_url: Redis = None,
    window_days: Window = None,
) -> None:
    """Say what is known of a customer."""
    from stream_app.portrait import portrait

    for line in portrait(_settings(redis_url=redis_url, window_days=window_days), customer_id, as_of):
        typer.echo(line)


def _run(command: Callable[[], Any]) -> int:
    """Run the command; errors of ours become two sentences and an exit code."""
    from model_store.errors import ModelRefused
    from stream_app.core.errors import SegstreamError

    try:
        command()
    except SystemExit as end:
        return int(end.code or 0)
    except KeyboardInterrupt:
        return 130
    except ModelRefused as refused:
        typer.echo(f"segstream: {refused}", err=True)
        return 1
    except SegstreamError as error:
        typer.echo(f"segstream: {error}", err=True)
        return error.exit_code
    return 0


def main() -> None:
    """Run `segstream`."""
    sys.exit(_run(app))


if __name__ == "__main__":
    main()
