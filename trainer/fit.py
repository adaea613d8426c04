"""Fits log1p → StandardScaler → PCA → K-Means: where customers stand, and which stand together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from model_store.checks import FEATURES, MAX_SEGMENTS
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.errors import UsageError

if TYPE_CHECKING:
    from trainer.features import Features

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

DEFAULT_COMPONENTS = 2
RESTARTS = 10
SAMPLE = 10_000
"""What compares all customers with each other does it on a fixed sample beyond this many."""


@dataclass(frozen=True)
class Space:
    """The scaler and the PCA as arrays, and where they put the customers."""

    scaler_mean: Array
    scaler_scale: Array
    pca_mean: Array
    pca_components: Array
    explained_variance: tuple[float, ...]
    """Share of the variance that each component keeps."""
    points: Array
    """One row per customer, in the order of the features."""

    def place(self, matrix: Array) -> Array:
        """Return where customers with other features stand."""
        scaled = (np.log1p(matrix) - self.scaler_mean) / self.scaler_scale
        placed: Array = (scaled - self.pca_mean) @ self.pca_components.T
        return placed


@dataclass(frozen=True)
class Clusters:
    """What K-Means found, in scikit-learn's own order."""

    centroids: Array
    labels: Labels
    """The cluster of each customer, in the order of the features."""
    inertia: float

    @property
    def k(self) -> int:
        """How many clusters there are."""
        return len(self.centroids)

    def nearest(self, points: Array) -> Labels:
        """Return the cluster of each point; on a tie the first one."""
        squares = [((points - centroid) ** 2).sum(axis=1) for centroid in self.centroids]
        labels: Labels = np.argmin(squares, axis=0).astype(np.int64)
        return labels


@dataclass(frozen=True)
class Fit:
    """A space, its clusters and the figure that judges them."""

    space: Space
    clusters: Clusters
    silhouette: float


def feature_matrix(features: list[Features]) -> Array:
    """Return one row of R, F, M, U per customer, money in currency units."""
    matrix = np.array([row[1:] for row in features], dtype=np.float64).reshape(-1, 4)
    matrix[:, 2] /= MONEY_SCALE
    return matrix


def fit(matrix: Array, k: int, *, seed: int = 42) -> Fit:
    """Return the fit with k clusters, the same arrays for the same matrix, k and seed."""
    check_k(matrix, k)
    space = fit_space(matrix, seed=seed)
    clusters = fit_clusters(space.points, k, seed=seed)
    rows = sample_rows(len(matrix), seed=seed)
    return Fit(space, clusters, silhouette(space.points[rows], clusters.labels[rows]))


def fit_space(
    matrix: Array, components: int | float = DEFAULT_COMPONENTS, *, seed: int, columns: int = len(FEATURES)
) -> Space:
    """Return the space in which customers are compared.

    A whole number says how many components; a fraction, how much of the variance the fewest of them must keep.
    Features beyond the first `columns` have no weight: they are in the arrays, and move nobody.
    """
    from sklearn.decomposition import PCA  # type: ignore[import-untyped]
    from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    _check_components(components, columns)
    # Threads add up in another order each time, and the version is a hash of the last bits.
    with threadpool_limits(limits=1):
        scaler = StandardScaler()
        pca = PCA(n_components=components, random_state=seed)
        points = pca.fit_transform(scaler.fit_transform(np.log1p(matrix[:, :columns])))
    unused = (0, len(FEATURES) - columns)
    return Space(
        scaler_mean=np.pad(scaler.mean_, unused),
        scaler_scale=np.pad(scaler.scale_, unused, constant_values=1.0),
        pca_mean=np.pad(pca.mean_, unused),
        pca_components=np.pad(pca.components_, ((0, 0), unused)),
        explained_variance=tuple(float(part) for part in pca.explained_variance_ratio_),
        points=points,
    )


def fit_clusters(points: Array, k: int, *, seed: int) -> Clusters:
    """Return the best of ten K-Means runs."""
    from sklearn.cluster import KMeans  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        found = KMeans(n_clusters=k, n_init=RESTARTS, random_state=seed).fit(points)
        return Clusters(found.cluster_centers_, found.predict(points).astype(np.int64), float(found.inertia_))


def sample_rows(customers: int, *, seed: int) -> Labels:
    """Return the rows that stand for all where every pair is compared: all of them up to 10,000."""
    if customers <= SAMPLE:
        return np.arange(customers)
    return np.random.RandomState(seed).permutation(customers)[:SAMPLE]


def silhouette(points: Array, labels: Labels) -> float:
    """Return the mean silhouette, 0 when the sample happens to lie in one cluster only."""
    from sklearn.metrics import silhouette_score  # type: ignore[import-untyped]

    return float(silhouette_score(points, labels)) if len(np.unique(labels)) > 1 else 0.0


def check_k(matrix: Array, k: int) -> None:
    """Raise UsageError where k clusters cannot be fitted."""
    if not 2 <= k <= MAX_SEGMENTS:
        raise UsageError(f"{k} segments cannot be fitted.", f"Choose from 2 to {MAX_SEGMENTS}.")
    if most_clusters(matrix) < k:
        raise UsageError(
            f"too few different customers for {k} segments.",
            "Choose fewer segments, a longer window or a later instant.",
        )


def _check_components(components: int | float, columns: int) -> None:
    if isinstance(components, int) and not 1 <= components <= columns:
        raise UsageError(f"{components} components cannot be fitted.", f"Choose from 1 to {columns}.")
    if isinstance(components, float) and not 0 < components < 1:
        raise UsageError(f"{components:g} is no part of the variance.", "Use a fraction below 1: 0.9, for example.")


def most_clusters(matrix: Array) -> int:
    """Return how many clusters there can be: a silhouette needs one customer more than clusters."""
    return max(0, len(np.unique(matrix, axis=0)) - 1)
