"""Fits log1p → StandardScaler → PCA → K-Means, and says how good the fit is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model_store.checks import MAX_SEGMENTS
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.errors import UsageError

if TYPE_CHECKING:
    from trainer.features import Features

Array = NDArray[np.float64]

COMPONENTS = 2
RESTARTS = 10
SILHOUETTE_SAMPLE = 10_000
"""The silhouette compares every pair: beyond this many customers a fixed sample stands for all."""


@dataclass(frozen=True)
class Fit:
    """The fitted arrays, clusters in scikit-learn's own order, and the figures that judge them."""

    scaler_mean: Array
    scaler_scale: Array
    pca_mean: Array
    pca_components: Array
    centroids: Array
    labels: NDArray[np.int64]
    """The cluster of each customer, in the order of the features."""
    inertia: float
    silhouette: float
    explained_variance: tuple[float, ...]
    """Share of the variance that each component keeps."""


def feature_matrix(features: list[Features]) -> Array:
    """Return one row of R, F, M, U per customer, money in currency units."""
    matrix = np.array([row[1:] for row in features], dtype=np.float64).reshape(-1, 4)
    matrix[:, 2] /= MONEY_SCALE
    return matrix


def fit(matrix: Array, k: int, *, seed: int = 42) -> Fit:
    """Return the fit with k clusters, the same arrays for the same matrix, k and seed."""
    from sklearn.cluster import KMeans  # type: ignore[import-untyped]
    from sklearn.decomposition import PCA  # type: ignore[import-untyped]
    from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    _check(matrix, k)
    # Threads add up in another order each time, and the version is a hash of the last bits.
    with threadpool_limits(limits=1):
        scaler = StandardScaler()
        pca = PCA(n_components=COMPONENTS, random_state=seed)
        points = pca.fit_transform(scaler.fit_transform(np.log1p(matrix)))
        clusters = KMeans(n_clusters=k, n_init=RESTARTS, random_state=seed).fit(points)
        labels = clusters.predict(points).astype(np.int64)
        return Fit(
            scaler_mean=scaler.mean_,
            scaler_scale=scaler.scale_,
            pca_mean=pca.mean_,
            pca_components=pca.components_,
            centroids=clusters.cluster_centers_,
            labels=labels,
            inertia=float(clusters.inertia_),
            silhouette=_silhouette(points, labels, seed),
            explained_variance=tuple(float(part) for part in pca.explained_variance_ratio_),
        )


def _check(matrix: Array, k: int) -> None:
    if not 2 <= k <= MAX_SEGMENTS:
        raise UsageError(f"{k} segments cannot be fitted.", f"Choose from 2 to {MAX_SEGMENTS}.")
    # A silhouette needs one customer more than clusters.
    if len(np.unique(matrix, axis=0)) <= k:
        raise UsageError(
            f"too few different customers for {k} segments.",
            "Choose fewer segments, a longer window or a later instant.",
        )


def _silhouette(points: Array, labels: NDArray[np.int64], seed: int) -> float:
    from sklearn.metrics import silhouette_score  # type: ignore[import-untyped]

    sample = SILHOUETTE_SAMPLE if len(points) > SILHOUETTE_SAMPLE else None
    return float(silhouette_score(points, labels, sample_size=sample, random_state=seed))
