"""The straight line from a shop's file to a published model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from model_store.checks import FEATURES
from model_store.drift import baseline_of
from model_store.segment_model import Matrix, Profile, Segment, SegmentModel, Vector
from model_store.store import Artefact, ModelStore
from stream_app.core.errors import UsageError
from stream_app.history.formats import Format
from stream_app.history.history import History
from stream_app.history.reading import AS_WRITTEN, open_history
from stream_app.history.report import ReadReport
from stream_app.history.writing import Writing
from trainer.features import AS_STREAMED, DAY_US, Counting, counted_lines, features
from trainer.fit import DEFAULT_COMPONENTS, Array, Space, check_k, feature_matrix, fit_space
from trainer.lineage import Lineage, Numbered, trace
from trainer.naming import name_segments
from trainer.profiles import best_first, profiles
from trainer.report.files import report_files
from trainer.selection import AUTO, RULE, KRange, Progress, Selection, select
from trainer.spark.history import on_spark
from trainer.topic_history import TopicHistory
from trainer.treatment import Treated, winsorize
from trainer.usefulness import with_usefulness

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TrainingPlan:
    """What to learn from, up to when, and into how many segments."""

    path: Path
    format: Format | str
    k: int | KRange = AUTO
    """A number of segments, or a range of which the best is chosen."""
    window_days: int | None = 365
    as_of_us: int | None = None
    """The instant of the features, microseconds; None: `until_fraction` says it."""
    until_fraction: float = 1.0
    """Part of the time between the first and the last order, so that the rest can be streamed."""
    writing: Writing = AS_WRITTEN
    seed: int = 42
    components: int | float = DEFAULT_COMPONENTS
    """How many principal components, or as a fraction how much variance they must keep."""
    winsorize_percentile: float | None = None
    """Above it a feature counts as the percentile while fitting; None: outliers stay as they are."""
    columns: int = len(FEATURES)
    """The first so many of recency, frequency, monetary value and unique products tell customers apart."""
    counting: Counting = AS_STREAMED
    champion: SegmentModel | None = None
    """The model whose segment ids live on; None: ids begin anew."""
    license: str | None = None
    """What the model may be passed on under, by Hugging Face's names; None: nobody said."""
    spark_memory: str | None = None
    """Spark computes the features with so much memory, 2g for example; None: DuckDB does."""

    @property
    def ks(self) -> KRange:
        """The numbers of segments to try."""
        return KRange(self.k, self.k) if isinstance(self.k, int) else self.k

    @property
    def window_us(self) -> int | None:
        """The window in microseconds."""
        return None if self.window_days is None else self.window_days * DAY_US


@dataclass(frozen=True)
class Training:
    """A published model and what became of the lines it was trained on."""

    artefact: Artefact
    model: SegmentModel
    report: ReadReport


def silent(_: str) -> None:
    """Tell nobody how far the training is."""


def train(
    plan: TrainingPlan,
    *,
    store: ModelStore,
    trained_at: datetime,
    progress: Progress = silent,
    topic: TopicHistory | None = None,
) -> Training:
    """Read, compute features, fit, name and publish; `trained_at` is part of the version.

    With `topic` the plan's path is only the topic's name.
    """
    progress(f"Reading {Path(plan.path).name}")
    with topic or _opened(plan, progress) as history:
        matrix = _matrix(history, plan, progress)
        model = _learn(matrix, history, plan, trained_at, progress)
        progress("Publishing the model and its report")
        files = report_files(
            model, history.report, matrix, champion=plan.champion, currency=plan.writing.currency, seed=plan.seed
        )
        return Training(store.publish(model, files), model, history.report)


@contextmanager
def _opened(plan: TrainingPlan, progress: Progress) -> Iterator[History]:
    with open_history(plan.path, plan.format, writing=plan.writing) as history:
        if plan.spark_memory is None:
            yield history
            return
        progress("Starting Spark")
        with on_spark(history, plan.spark_memory) as sparked:
            yield sparked


def learn(
    history: History | TopicHistory, plan: TrainingPlan, *, trained_at: datetime, progress: Progress = silent
) -> SegmentModel:
    """Return the named model of an open history, unpublished."""
    return _learn(_matrix(history, plan, progress), history, plan, trained_at, progress)


def _matrix(history: History | TopicHistory, plan: TrainingPlan, progress: Progress) -> Array:
    as_of_us = training_instant(history.report, plan)
    progress("Computing recency, frequency, monetary value and unique products")
    rows = features(history, as_of_us=as_of_us, window_us=plan.window_us, counting=plan.counting)
    return feature_matrix(rows)


def _learn(
    matrix: Array, history: History | TopicHistory, plan: TrainingPlan, trained_at: datetime, progress: Progress
) -> SegmentModel:
    as_of_us, window_us = training_instant(history.report, plan), plan.window_us
    check_k(matrix, plan.ks.first)
    treated = winsorize(matrix, plan.winsorize_percentile)
    space = fit_space(treated.matrix, plan.components, seed=plan.seed, columns=plan.columns)
    selection = select(treated.matrix, space.points, plan.ks, seed=plan.seed, progress=progress)
    progress("Naming the segments, and looking who buys again")
    lines = counted_lines(history, as_of_us=as_of_us, window_us=window_us, counting=plan.counting)
    facts = {
        **_source_facts(plan, as_of_us),
        **({} if lines is None else {"rows": lines}),
        "customers_in_file": history.report.customers,
        **_fit_facts(space, selection),
        **_outlier_facts(plan, treated),
    }
    model = _assemble(plan, matrix, space, selection, trained_at)
    model = msgspec.structs.replace(model, training=facts | model.training)
    return with_usefulness(model, history, as_of_us=as_of_us, window_us=window_us, counting=plan.counting)


def _assemble(
    plan: TrainingPlan, matrix: Array, space: Space, selection: Selection, trained_at: datetime
) -> SegmentModel:
    """Return the model with its segments best first, named and numbered."""
    # The worker cuts no outlier, so the segments are described as it will see them.
    labels = selection.clusters.nearest(space.place(matrix))
    found = profiles(matrix, labels, selection.clusters.k)
    order = best_first(found)
    new = Numbered(space, selection.clusters.centroids[order], np.argsort(order)[labels])
    line = None if plan.champion is None else trace(plan.champion, new, matrix)
    return SegmentModel(
        version=_version(space, _rows(new.centroids), trained_at),
        window_days=plan.window_days,
        scaler_mean=_row(space.scaler_mean),
        scaler_scale=_row(space.scaler_scale),
        pca_mean=_row(space.pca_mean),
        pca_components=_rows(space.pca_components),
        centroids=_rows(new.centroids),
        segments=_named([found[cluster] for cluster in order], plan.champion, line),
        baseline=baseline_of(matrix.T.tolist()),
        training={} if line is None else {"keep_their_id": line.stay},
        candidates=selection.candidates,
        champion=None if plan.champion is None else plan.champion.version,
        lineage=() if line is None else line.fates,
        retired_ids=() if line is None else line.retired_ids,
    )


def _named(ordered: list[Profile], champion: SegmentModel | None, line: Lineage | None) -> tuple[Segment, ...]:
    if champion is None or line is None:
        return name_segments(ordered)
    before = {segment.id: segment for segment in champion.segments}
    return name_segments(ordered, line.ids, kept={line.ids[n]: before[line.ids[n]] for n in line.kept})


def training_instant(report: ReadReport, plan: TrainingPlan) -> int:
    """Return the instant up to which the plan learns, microseconds; the orders after it remain."""
    if report.first_us is None or report.last_us is None:
        raise UsageError("the file holds no order.", "Check its format and the skipped lines.")
    if plan.as_of_us is not None:
        return plan.as_of_us
    if not 0 < plan.until_fraction <= 1:
        raise UsageError("the fraction is not above 0 and up to 1.", "Use 0.75, for example.")
    return report.first_us + int((report.last_us - report.first_us) * plan.until_fraction)


def _version(space: Space, centroids: Matrix, trained_at: datetime) -> str:
    """Return a name that sorts by age and tells two models of one second apart."""
    arrays = (space.scaler_mean, space.scaler_scale, space.pca_mean)
    numbers = [*map(_row, arrays), _rows(space.pca_components), centroids]
    digest = hashlib.sha256(msgspec.json.encode(numbers)).hexdigest()
    return f"{trained_at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest[:8]}"


def _source_facts(plan: TrainingPlan, as_of_us: int) -> dict[str, str | int | float]:
    as_of = EPOCH + timedelta(microseconds=as_of_us)
    return {
        "data": Path(plan.path).name,
        "format": plan.format if isinstance(plan.format, str) else plan.format.name,
        "as_of": as_of.isoformat().replace("+00:00", "Z"),
        "seed": plan.seed,
        "features": ", ".join(FEATURES[: plan.columns]),
        "amounts": "gross" if plan.counting.is_gross else "net of returns",
        "duplicate_lines": "dropped" if plan.counting.is_distinct else "kept",
        **({} if plan.license is None else {"license": plan.license}),
    }


def _fit_facts(space: Space, selection: Selection) -> dict[str, str | int | float]:
    import sklearn  # type: ignore[import-untyped]

    facts: dict[str, str | int | float] = {
        "customers": len(space.points),
        "inertia": selection.clusters.inertia,
        "silhouette": selection.chosen.silhouette,
        "explained_variance": sum(space.explained_variance),
        "scikit_learn": str(sklearn.__version__),
        "k_reason": selection.reason,
    }
    if len(selection.candidates) > 1:
        facts["k_rule"] = RULE
    for number, part in enumerate(space.explained_variance, start=1):
        facts[f"explained_variance_{number}"] = part
    return facts


def _outlier_facts(plan: TrainingPlan, treated: Treated) -> dict[str, str | int | float]:
    if plan.winsorize_percentile is None:
        return {}
    facts: dict[str, str | int | float] = {"winsorize_percentile": float(plan.winsorize_percentile)}
    for name, limit in treated.limits.items():
        facts |= {f"winsorize_{name}": limit, f"winsorized_{name}": treated.above[name]}
    return facts


def _row(vector: Array) -> Vector:
    return tuple(float(number) for number in vector)


def _rows(matrix: Array) -> Matrix:
    return tuple(_row(row) for row in matrix)
