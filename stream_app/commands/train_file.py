"""Trains on a file, and tells what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from stream_app.commands.champion import Champion, find_champion
from stream_app.commands.failure import INTERRUPTED
from stream_app.commands.file_options import FileOptions, Meaning
from stream_app.commands.file_report import tell_of_file
from stream_app.commands.load_screen import working
from stream_app.commands.options import echo_json, say

if TYPE_CHECKING:
    from stream_app.commands.train_options import TrainFlags
    from stream_app.settings import Settings
    from trainer.features import Counting
    from trainer.train import Training, TrainingPlan


def run_train(options: FileOptions, flags: TrainFlags, settings: Settings) -> int:
    """Train, publish and tell; return the exit code."""
    from stream_app.candidate.promotion import pass_gate
    from stream_app.operators import promote
    from trainer.report.files import REPORT_FILE

    try:
        meaning = options.meaning()
        champion = find_champion(flags.champion, settings)
        training = _train(_plan(options, meaning, flags, settings, champion), settings)
    except KeyboardInterrupt:
        say("Interrupted: no model was published.")
        return INTERRUPTED
    tell_of_file(training.report, meaning, options.timezone)
    if meaning.proposed is not None:
        say(f"If a column is wrong, say which is which: {meaning.columns_flag}")
    _tell_of_model(training, champion, as_json=flags.as_json)
    if flags.should_promote:
        pass_gate(settings, training.model)
        promote(settings, training.artefact)
        say(f"Model {training.artefact.version} is live.")
    say(f"Charts and limits are in its report: {settings.models.where(training.artefact.version, REPORT_FILE)}")
    return 0


def _plan(
    options: FileOptions, meaning: Meaning, flags: TrainFlags, settings: Settings, champion: Champion | None
) -> TrainingPlan:
    from trainer.selection import k_range_from
    from trainer.train import TrainingPlan

    return TrainingPlan(
        options.file,
        meaning.format,
        k=k_range_from(flags.k),
        window_days=settings.window_days,
        until_fraction=flags.until,
        writing=options.writing(settings.currency),
        components=_components(flags),
        winsorize_percentile=flags.winsorize,
        columns=_columns(flags.features),
        counting=_counting(flags),
        champion=None if champion is None else champion.model,
    )


def _columns(features: str) -> int:
    from stream_app.core.errors import UsageError

    if features not in {"rfm", "rfmu"}:
        raise UsageError(f"{features!r} are no features to train on.", "Use rfmu, or rfm without unique products.")
    return len(features)


def _counting(flags: TrainFlags) -> Counting:
    from stream_app.core.errors import UsageError
    from trainer.features import Counting

    if flags.should_promote and (flags.is_gross or flags.is_distinct):
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


def _train(plan: TrainingPlan, settings: Settings) -> Training:
    from datetime import UTC, datetime

    from trainer.train import train

    with working(f"Reading {plan.path.name}") as progress:
        return train(plan, store=settings.models, trained_at=datetime.now(UTC), progress=progress)


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
