"""The numbers that the report draws beside those in the model, gathered once from the customers of the training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from model_store.segment_model import SegmentModel
from trainer.fit import Array, Labels
from trainer.lineage import assign, migration
from trainer.report.bins import Bins, bins

SHOWN = 2_000
"""Points of the scatter: more of them hide each other, and make the file large."""


class Measured(NamedTuple):
    """What a histogram has to know of a feature."""

    name: str
    words: str
    unit: float | None
    """As `bins` takes it."""


FEATURES = (
    Measured("recency_days", "Days since the last order", 0),
    Measured("frequency", "Orders", 1),
    Measured("monetary", "Money spent", None),
    Measured("unique_products", "Different products", 1),
)


@dataclass(frozen=True)
class Distribution:
    """One feature of all customers, before and after the logarithm."""

    feature: Measured
    raw: Bins
    logged: Bins
    """Bins of about one width after log1p; their edges are in the feature's own unit too."""
    median: float
    most: float
    skewness: float
    """0: as many above the mean as below. 2 and more: a few customers make the mean."""
    skewness_logged: float


@dataclass(frozen=True)
class Cloud:
    """A sample of the customers in the first two principal components."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    """Without a second component: by chance, so that points do not hide each other."""
    segments: tuple[int, ...]
    """The place of each one's segment in the model."""
    customers: int
    """Of how many this is a sample."""
    centroids: tuple[tuple[float, float], ...]
    has_second: bool


@dataclass(frozen=True)
class Moves:
    """How many of these customers go from each segment of the champion (row) to each of this model (column)."""

    before: SegmentModel
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Evidence:
    """All that the charts need and the model does not say."""

    distributions: tuple[Distribution, ...]
    cloud: Cloud
    money: tuple[float, ...]
    """Part of all money that each segment's customers spent, by place; all 0 where nobody spent any."""
    moves: Moves | None


def gather(model: SegmentModel, matrix: Array, champion: SegmentModel | None, *, seed: int) -> Evidence:
    """Return the evidence of a training on a matrix of R, F, M, U; the same for the same arguments."""
    labels = assign(model, matrix)
    return Evidence(
        distributions=tuple(_distribution(feature, column) for feature, column in zip(FEATURES, matrix.T, strict=True)),
        cloud=_cloud(model, matrix, labels, seed),
        money=_money(matrix[:, 2], labels, len(model.segments)),
        moves=None if champion is None else _moves(champion, len(model.segments), matrix, labels),
    )


def _distribution(feature: Measured, values: Array) -> Distribution:
    return Distribution(
        feature=feature,
        raw=bins(values, unit=feature.unit, is_log=False),
        logged=bins(values, unit=feature.unit, is_log=True),
        median=float(np.median(values)),
        most=float(values.max()),
        skewness=_skewness(values),
        skewness_logged=_skewness(np.log1p(values)),
    )


def _skewness(values: Array) -> float:
    """Return the third standardised moment, 0 where all values are one."""
    away = values - values.mean()
    spread = float(np.sqrt((away**2).mean()))
    return float((away**3).mean() / spread**3) if spread > 0 else 0.0


def _cloud(model: SegmentModel, matrix: Array, labels: Labels, seed: int) -> Cloud:
    luck = np.random.RandomState(seed)
    rows = np.sort(luck.permutation(len(matrix))[:SHOWN])
    scaled = (np.log1p(matrix[rows]) - np.array(model.scaler_mean)) / np.array(model.scaler_scale)
    points = (scaled - np.array(model.pca_mean)) @ np.array(model.pca_components).T
    has_second = len(model.pca_components) > 1
    second = points[:, 1] if has_second else luck.uniform(-1, 1, len(rows))
    return Cloud(
        x=tuple(points[:, 0].tolist()),
        y=tuple(second.tolist()),
        segments=tuple(labels[rows].tolist()),
        customers=len(matrix),
        centroids=tuple((centroid[0], centroid[1] if has_second else 0.0) for centroid in model.centroids),
        has_second=has_second,
    )


def _money(spent: Array, labels: Labels, k: int) -> tuple[float, ...]:
    by_segment = np.bincount(labels, weights=spent, minlength=k)
    total = float(spent.sum())
    return tuple(float(part / total) if total > 0 else 0.0 for part in by_segment)


def _moves(champion: SegmentModel, k: int, matrix: Array, labels: Labels) -> Moves:
    counts = migration(assign(champion, matrix), labels, len(champion.segments), k)
    return Moves(champion, tuple(tuple(int(count) for count in row) for row in counts))
