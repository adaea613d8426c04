"""`segstream backfill`: what is older than the topic, loaded as history beside live orders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
from stream_app.commands.load_file import LoadFlags, run_load
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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read and report; show the first orders; send none.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send even if the columns were only proposed.")] = False,
    rate: Annotated[float | None, typer.Option(help="Orders a second at most.")] = None,
    is_hashing: Annotated[
        bool, typer.Option("--hash-customer-id", help="Send pseudonyms: HMAC of each id under SEGSTREAM_PSEUDONYM_KEY.")
    ] = False,
    journal: Annotated[Path | None, typer.Option(help="Where the load is written down; beside the file.")] = None,
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
