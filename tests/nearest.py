"""The nearest centroid as scikit-learn finds it, step by step, for a model's own numbers."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, localcontext

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel

Row = tuple[int, int, int, int]
"""Recency in days, frequency, money in ten-thousandths, unique products."""

BORDER = 5e-8
"""Two distances nearer to each other than this are beyond the 26 bits that the product's logarithms have."""

DIGITS = 40
UNITS = np.array([1, 1, 10_000, 1])


class Nearest:
    """Predicts many rows at once, and counts those that lie on the border between two segments."""

    def __init__(self, model: SegmentModel) -> None:
        self.model = model
        self.ids = [segment.id for segment in model.segments]
        self.on_border = 0
        self._pipeline = pipeline_of(model)

    def segments(self, rows: Collection[Row]) -> dict[Row, str]:
        """Return the segment of every row."""
        if not rows:
            return {}
        told = list(rows)
        table = np.array(told, dtype=float) / UNITS
        chosen = self._pipeline.predict(table)
        nearest, second = np.sort(self._pipeline.transform(table), axis=1)[:, :2].T
        for place in np.flatnonzero(second - nearest < BORDER):
            chosen[place] = self._judge(told[place])
        return {row: self.ids[segment] for row, segment in zip(told, chosen, strict=True)}

    def _judge(self, row: Row) -> int:
        """Decide where floats cannot: a tie goes to the first; a difference below 26 bits is the product's own."""
        self.on_border += 1
        squares = exact_squares(self.model, row)
        first, second = sorted(squares)[:2]
        return squares.index(first) if first == second else Scorer(self.model).assign(*row)


def pipeline_of(model: SegmentModel) -> Pipeline:
    """Return the fitted pipeline that a model was made from."""
    scaler, pca, centroids = StandardScaler(), PCA(len(model.pca_components)), np.array(model.centroids)
    scaler.mean_, scaler.scale_ = np.array(model.scaler_mean), np.array(model.scaler_scale)
    pca.mean_, pca.components_ = np.array(model.pca_mean), np.array(model.pca_components)
    scaler.n_features_in_ = pca.n_features_in_ = 4
    kmeans = KMeans(len(centroids), init=centroids, n_init=1).fit(centroids)
    kmeans.cluster_centers_ = centroids
    return make_pipeline(FunctionTransformer(np.log1p), scaler, pca, kmeans)


def exact_squares(model: SegmentModel, row: Row) -> list[Decimal]:
    """Return the squared distance to every centroid, to 30 of 40 digits."""
    with localcontext() as context:
        context.prec = DIGITS
        logs = [(1 + Decimal(value) / int(unit)).ln() for value, unit in zip(row, UNITS, strict=True)]
        scaled = [
            (log - Decimal(mean)) / Decimal(scale) - Decimal(center)
            for log, mean, scale, center in zip(
                logs, model.scaler_mean, model.scaler_scale, model.pca_mean, strict=True
            )
        ]
        place = [sum(Decimal(w) * x for w, x in zip(axis, scaled, strict=True)) for axis in model.pca_components]
        squares = [
            sum((x - Decimal(c)) ** 2 for x, c in zip(place, centroid, strict=True)) for centroid in model.centroids
        ]
        return [Decimal(square).quantize(Decimal(10) ** -30) for square in squares]
