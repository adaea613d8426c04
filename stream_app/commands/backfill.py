"""`segstream backfill`: what is older than the topic, loaded as history beside live orders."""

from __future__ import annotations

import typer

from stream_app.commands.file_options import (
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
from stream_app.commands.options import AsJson, Bootstrap, settings_from


def backfill(
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
    rate: PerSecond = None,
    is_hashing: Hashing = False,
    journal: JournalFile = None,
    as_json: AsJson = False,
    kafka_bootstrap_servers: Bootstrap = None,
) -> None:
    """Add a file of the past beside live orders: `load --history` that goes on by itself, and reports."""
    options = FileOptions(file, format, columns, timezone, dates, decimal, return_prefix, return_types)
    flags = LoadFlags(
        is_dry=dry_run, is_sure=yes, is_history=True, limit=None, speed=None, rate=rate, should_resume=False,
        should_restart=False, journal=journal, as_json=as_json, is_hashing=is_hashing, is_backfill=True,
    )  # fmt: skip
    raise typer.Exit(run_load(options, flags, settings_from(kafka_bootstrap_servers=kafka_bootstrap_servers)))
