"""The straight line from a shop's file to a published model."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from model_store.segment_model import Matrix, SegmentModel, Vector
from model_store.store import Artefact, ModelStore
from stream_app.core.errors import UsageError
from stream_app.history.formats import Format
from stream_app.history.history import History
from stream_app.history.reading import AS_WRITTEN, open_history
from stream_app.history.report import ReadReport
from stream_app.history.writing import Writing
from trainer.features import DAY_US, counted_lines, features
from trainer.fit import Array, Fit, feature_matrix, fit
from trainer.naming import name_segments
from trainer.profiles import best_first, profiles

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TrainingPlan:
    """What to learn from, up to when, and into how many segments."""

    path: Path
    format: Format | str
    k: int = 4
    window_days: int | None = 365
    as_of_us: int | None = None
    """The instant of the features, microseconds; None: `until_fraction` says it."""
    until_fraction: float = 1.0
    """Part of the time between the first and the last order, so that the rest can be streamed."""
    writing: Writing = AS_WRITTEN
    seed: int = 42


@dataclass(frozen=True)
class Training:
    """A published model and what became of the lines it was trained on."""

    artefact: Artefact
    model: SegmentModel
    report: ReadReport


def train(plan: TrainingPlan, *, store: ModelStore, trained_at: datetime) -> Training:
    """Read, compute features, fit, name and publish; `trained_at` is part of the version."""
    with open_history(plan.path, plan.format, writing=plan.writing) as history:
        model = learn(history, plan, trained_at=trained_at)
        return Training(store.publish(model), model, history.report)


def learn(history: History, plan: TrainingPlan, *, trained_at: datetime) -> SegmentModel:
    """Return the named model of an open history, unpublished."""
    as_of_us = training_instant(history.report, plan)
    window_us = None if plan.window_days is None else plan.window_days * DAY_US
    matrix = feature_matrix(features(history, as_of_us=as_of_us, window_us=window_us))
    fitted = fit(matrix, plan.k, seed=plan.seed)
    found = profiles(matrix, fitted.labels, plan.k)
    order = best_first(found)
    centroids = _rows(fitted.centroids[order])
    return SegmentModel(
        version=_version(fitted, centroids, trained_at),
        window_days=plan.window_days,
        scaler_mean=_row(fitted.scaler_mean),
        scaler_scale=_row(fitted.scaler_scale),
        pca_mean=_row(fitted.pca_mean),
        pca_components=_rows(fitted.pca_components),
        centroids=centroids,
        segments=name_segments([found[cluster] for cluster in order]),
        training={
            **_source_facts(plan, as_of_us),
            "rows": counted_lines(history, as_of_us=as_of_us, window_us=window_us),
            **_fit_facts(fitted),
        },
    )


def training_instant(report: ReadReport, plan: TrainingPlan) -> int:
    """Return the instant up to which the plan learns, microseconds; the orders after it remain."""
    if report.first_us is None or report.last_us is None:
        raise UsageError("the file holds no order.", "Check its format and the skipped lines.")
    if plan.as_of_us is not None:
        return plan.as_of_us
    if not 0 < plan.until_fraction <= 1:
        raise UsageError("the fraction is not above 0 and up to 1.", "Use 0.75, for example.")
    return report.first_us + int((report.last_us - report.first_us) * plan.until_fraction)


def _version(fitted: Fit, centroids: Matrix, trained_at: datetime) -> str:
    """Return a name that sorts by age and tells two models of one second apart."""
    arrays = (fitted.scaler_mean, fitted.scaler_scale, fitted.pca_mean)
    numbers = [*map(_row, arrays), _rows(fitted.pca_components), centroids]
    digest = hashlib.sha256(msgspec.json.encode(numbers)).hexdigest()
    return f"{trained_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:8]}"


def _source_facts(plan: TrainingPlan, as_of_us: int) -> dict[str, str | int | float]:
    as_of = EPOCH + timedelta(microseconds=as_of_us)
    return {
        "data": Path(plan.path).name,
        "format": plan.format if isinstance(plan.format, str) else plan.format.name,
        "as_of": as_of.isoformat().replace("+00:00", "Z"),
        "seed": plan.seed,
    }


def _fit_facts(fitted: Fit) -> dict[str, str | int | float]:
    import sklearn  # type: ignore[import-untyped]

    facts: dict[str, str | int | float] = {
        "customers": len(fitted.labels),
        "inertia": fitted.inertia,
        "silhouette": fitted.silhouette,
        "explained_variance": sum(fitted.explained_variance),
        "scikit_learn": str(sklearn.__version__),
    }
    for number, part in enumerate(fitted.explained_variance, start=1):
        facts[f"explained_variance_{number}"] = part
    return facts


def _row(vector: Array) -> Vector:
    return tuple(float(number) for number in vector)


def _rows(matrix: Array) -> Matrix:
    return tuple(_row(row) for row in matrix)
