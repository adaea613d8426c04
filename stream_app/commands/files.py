"""`segstream train` and `load`: what is done with a shop's file of orders."""

from __future__ import annotations

from typing import Annotated

import typer

from stream_app.commands.file_options import (
    NO_FILE,
    Columns,
    DatesFlag,
    DecimalFlag,
    File,
    FileOptions,
    FormatName,
    ReturnPrefix,
    ReturnTypes,
    Timezone,
)
from stream_app.commands.load_file import DryRun, Hashing, JournalFile, LoadFlags, PerSecond, Sure, run_load
from stream_app.commands.options import AsJson, Bootstrap, ModelUri, Window, settings_from
from stream_app.commands.train_file import run_train
from stream_app.commands.train_options import (
    AsOf,
    ChampionVersion,
    Components,
    DropDuplicates,
    Engine,
    FeatureNames,
    FromTopic,
    Gross,
    K,
    License,
    Promote,
    SignWith,
    SparkMemory,
    TrainFile,
    TrainFlags,
    UnlessLive,
    Until,
    Variance,
    Winsorize,
)


def train(
    file: TrainFile = None,
    from_topic: FromTopic = False,
    as_of: AsOf = None,
    format: FormatName = None,
    columns: Columns = None,
    timezone: Timezone = "UTC",
    dates: DatesFlag = None,
    decimal: DecimalFlag = None,
    return_prefix: ReturnPrefix = None,
    return_types: ReturnTypes = None,
    k: K = "auto",
    until: Until = 1.0,
    components: Components = None,
    variance: Variance = None,
    winsorize: Winsorize = None,
    features: FeatureNames = "rfmu",
    gross: Gross = False,
    drop_duplicate_lines: DropDuplicates = False,
    engine: Engine = "duckdb",
    spark_memory: SparkMemory = None,
    champion: ChampionVersion = "auto",
    sign_with: SignWith = None,
    license: License = None,
    should_promote: Promote = False,
    unless_live: UnlessLive = False,
    as_json: AsJson = False,
    model_uri: ModelUri = None,
    window_days: Window = None,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Train a model on a file of orders or on the orders topic, and say what its segments are."""
    options = FileOptions(file or NO_FILE, format, columns, timezone, dates, decimal, return_prefix, return_types)
    flags = TrainFlags(
        is_from_topic=from_topic, as_of=as_of, k=k, until=until, components=components, variance=variance,
        winsorize=winsorize, features=features, is_gross=gross, is_distinct=drop_duplicate_lines, engine=engine,
        spark_memory=spark_memory, champion=champion, sign_with=sign_with, license=license,
        should_promote=should_promote, is_unless_live=unless_live, as_json=as_json)  # fmt: skip
    given = settings_from(model_uri=model_uri, window_days=window_days, kafka_bootstrap_servers=kafka_bootstrap_servers)
    raise typer.Exit(run_train(options, flags, given))


def load(
    file: File,
    format: FormatName = None,
    columns: Columns = None,
    timezone: Timezone = "UTC",
    dates: DatesFlag = None,
    decimal: DecimalFlag = None,
    return_prefix: ReturnPrefix = None,
    return_types: ReturnTypes = None,
    dry_run: DryRun = False,
    yes: Sure = False,
    history: Annotated[bool, typer.Option("--history", help="As the past: folded unscored, then scored once.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Send so many orders in this run.")] = None,
    speed: Annotated[
        str | None, typer.Option(metavar="60x", help="In the orders' own time, so much faster: an hour a minute.")
    ] = None,
    rate: PerSecond = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted load stopped.")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="Send all orders again: each counts once.")] = False,
    is_hashing: Hashing = False,
    journal: JournalFile = None,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Send a file's orders to the orders topic."""
    options = FileOptions(file, format, columns, timezone, dates, decimal, return_prefix, return_types)
    flags = LoadFlags(
        is_dry=dry_run, is_sure=yes, is_history=history, limit=limit, speed=speed, rate=rate,
        should_resume=resume, should_restart=restart, journal=journal, as_json=as_json,
        is_hashing=is_hashing,
    )  # fmt: skip
    raise typer.Exit(run_load(options, flags, settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)))
