"""Trains on a file or on the orders topic, and tells what came of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from stream_app.commands.champion import Champion, find_champion
from stream_app.commands.failure import INTERRUPTED
from stream_app.commands.file_options import NO_FILE, FileOptions, Meaning
from stream_app.commands.file_report import report_lines, tell_of_file
from stream_app.commands.load_screen import working
from stream_app.commands.options import echo_json, instant_from, say
from stream_app.commands.signing import sign_version
from stream_app.commands.train_engine import spark_memory
from stream_app.commands.train_topic import FORMAT, read_topic

if TYPE_CHECKING:
    from model_store.signature import PrivateKey
    from stream_app.commands.train_options import TrainFlags
    from stream_app.history.report import ReadReport
    from stream_app.settings import Settings
    from trainer.features import Counting
    from trainer.train import Training, TrainingPlan

LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")


def run_train(options: FileOptions, flags: TrainFlags, settings: Settings) -> int:
    """Train, publish and tell; return the exit code."""
    from stream_app.candidate.promotion import pass_gate
    from stream_app.operators import live_model, promote
    from trainer.report.files import REPORT_FILE

    if flags.is_unless_live and (live := live_model(settings)) is not None:
        say(f"Model {live.version} is live already: nothing was trained.")
        return 0
    try:
        _check(options, flags)
        signer = _signer(flags)
        meaning = None if flags.is_from_topic else options.meaning()
        champion = find_champion(flags.champion, settings)
        training = _train(_plan(options, meaning, flags, settings, champion), flags, settings)
    except KeyboardInterrupt:
        say("Interrupted: no model was published.")
        return INTERRUPTED
    _tell_of_orders(training.report, meaning, options.timezone)
    _tell_of_model(training, champion, as_json=flags.as_json)
    if signer is not None:
        # A worker that asks for signatures refuses a model that is promoted before it is signed.
        sign_version(settings, training.artefact.version, signer)
    if flags.should_promote:
        pass_gate(settings, training.model)
        promote(settings, training.artefact)
        say("It is live.")
    say(f"Charts and limits are in its report: {settings.models.where(training.artefact.version, REPORT_FILE)}")
    return 0


def _check(options: FileOptions, flags: TrainFlags) -> None:
    """Raise UsageError for what could not be trained, or told, before anything is read."""
    from stream_app.commands.train_topic import refuse_file_options
    from stream_app.core.errors import UsageError

    if flags.is_from_topic:
        refuse_file_options(options)
    elif options.file == NO_FILE:
        raise UsageError(
            "nothing says what to learn from.", "Name a file of orders, or --from-topic for the orders topic."
        )
    if flags.as_of is not None and flags.until != 1:
        raise UsageError("--as-of and --until both say up to when to learn.", "Give one of them.")
    if flags.license is not None and not LICENSE.fullmatch(flags.license):
        raise UsageError(
            f"{flags.license!r} is no identifier of a licence.", "Use one as Hugging Face writes them: cc-by-4.0."
        )


def _signer(flags: TrainFlags) -> PrivateKey | None:
    """Return the key of --sign-with; raises ModelRefused, before anything is read, where it cannot sign."""
    from model_store.signature import PrivateKey

    return None if flags.sign_with is None else PrivateKey(flags.sign_with)


def _tell_of_orders(report: ReadReport, meaning: Meaning | None, timezone: str) -> None:
    if meaning is None:
        say("\n".join(report_lines(report)))
        return
    tell_of_file(report, meaning, timezone)
    if meaning.proposed is not None:
        say(f"If a column is wrong, say which is which: {meaning.columns_flag}")


def _plan(
    options: FileOptions, meaning: Meaning | None, flags: TrainFlags, settings: Settings, champion: Champion | None
) -> TrainingPlan:
    from trainer.selection import k_range_from
    from trainer.train import TrainingPlan

    return TrainingPlan(
        Path(settings.topics.orders) if meaning is None else options.file,
        FORMAT if meaning is None else meaning.format,
        k=k_range_from(flags.k),
        window_days=settings.window_days,
        as_of_us=None if flags.as_of is None else instant_from(flags.as_of),
        until_fraction=flags.until,
        writing=options.writing(settings.currency),
        components=_components(flags),
        winsorize_percentile=flags.winsorize,
        columns=_columns(flags.features),
        counting=_counting(flags),
        champion=None if champion is None else champion.model,
        license=flags.license,
        spark_memory=spark_memory(flags),
    )


def _columns(features: str) -> int:
    from stream_app.core.errors import UsageError

    if features not in {"rfm", "rfmu"}:
        raise UsageError(f"{features!r} are no features to train on.", "Use rfmu, or rfm without unique products.")
    return len(features)


def _counting(flags: TrainFlags) -> Counting:
    from stream_app.core.errors import UsageError
    from trainer.features import Counting

    is_as_streamed = not flags.is_gross and not flags.is_distinct
    if flags.is_from_topic and not is_as_streamed:
        raise UsageError(
            "the orders topic is counted as the worker counts it.",
            "Leave --gross and --drop-duplicate-lines out, or train on a file.",
        )
    if flags.should_promote and not is_as_streamed:
        raise UsageError(
            "the worker nets returns and keeps equal lines, so it cannot use such a model.",
            "Leave --gross and --drop-duplicate-lines out, or --promote.",
        )
    return Counting(flags.is_gross, flags.is_distinct)


def _components(flags: TrainFlags) -> int | float:
    from stream_app.core.errors import UsageError
    from trainer.fit import DEFAULT_COMPONENTS

    if flags.components is not None and flags.variance is not None:
        raise UsageError("--components and --variance both say how many components.", "Give one of them.")
    if flags.variance is not None:
        return flags.variance
    return DEFAULT_COMPONENTS if flags.components is None else flags.components


def _train(plan: TrainingPlan, flags: TrainFlags, settings: Settings) -> Training:
    from datetime import UTC, datetime

    from trainer.train import train

    with working(f"Reading {plan.path.name}") as progress:
        topic = None
        if flags.is_from_topic:
            topic = read_topic(settings, plan.as_of_us, progress)
            if flags.until == 1:
                plan = replace(plan, as_of_us=topic.as_of_us)
        return train(plan, store=settings.models, trained_at=datetime.now(UTC), progress=progress, topic=topic)


def _tell_of_model(training: Training, champion: Champion | None, *, as_json: bool) -> None:
    """Say why so many segments, and what they are; for scripts the version, or everything as JSON."""
    import msgspec

    from stream_app.commands.lineage_report import lineage_lines
    from stream_app.commands.train_report import training_lines

    model = training.model
    say("\n".join(training_lines(model)))
    if champion is not None:
        say("\n".join(lineage_lines(model, champion)))
    if not as_json:
        typer.echo(training.artefact.version)
        return
    found = [
        {"id": s.id, "name": s.name, "customers": s.profile.customers, "buys_again": s.buys_again}
        for s in model.segments
    ]
    echo_json(
        {
            "read": training.report.to_json(),
            "model": training.artefact.version,
            "segments": found,
            "candidates": [msgspec.structs.asdict(candidate) for candidate in model.candidates],
            "training": model.training,
            "champion": model.champion,
            "lineage": [msgspec.structs.asdict(fate) for fate in model.lineage],
        }
    )
