"""A model as integers: the nearest centroid of log → scale → PCA, exact and the same on every machine.

The squared distance to a centroid, less what all centroids share, is linear in the four logs:
score_j = K_j + W_j · (log1p R, log1p F, log1p M, log1p U). Logs carry 26 bits of fraction, weights 28,
so that scores fit 64 bits and comparing them never rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p
from typing import Final

import numpy as np

from model_store.segment_model import SegmentModel

LOG_BITS: Final = 26
WEIGHT_BITS: Final = 28
LOG_ONE: Final = 1 << LOG_BITS
DAYS_IN_TABLE: Final = 36_526
"""A hundred years of days; counts below it are looked up too."""

MONEY_SCALE: Final = 10_000

LOG: Final[list[int]] = [round(log1p(n) * LOG_ONE) for n in range(DAYS_IN_TABLE)]


def log_count(count: int) -> int:
    """Return log1p of a count or a number of days, fixed-point."""
    return LOG[count] if count < DAYS_IN_TABLE else round(log1p(count) * LOG_ONE)


def log_money(ten_thousandths: int) -> int:
    """Return log1p of an amount in currency units, fixed-point; a net below 0 counts as 0."""
    return round(log1p(ten_thousandths / MONEY_SCALE) * LOG_ONE) if ten_thousandths > 0 else 0


class Scorer:
    """The integer form of a SegmentModel; the smallest score is nearest, on a tie the segment that stands first."""

    def __init__(self, model: SegmentModel) -> None:
        self.model = model
        self.version = model.version
        self.ids = tuple(segment.id for segment in model.segments)
        self.names = tuple(segment.name for segment in model.segments)
        projection, origin = fold_affine(model)
        columns = [[row[feature] for row in projection] for feature in range(4)]
        weights = [[-2 * _dot(column, row) for column in columns] for row in model.centroids]
        constants = [_dot(row, row) - 2 * _dot(row, origin) for row in model.centroids]
        scale = max([abs(w) for row in weights for w in row] + [abs(k) / 32 for k in constants]) or 1.0
        rows = [[round(w / scale * (1 << WEIGHT_BITS)) for w in row] for row in weights]
        self.recency_weights = [row[0] for row in rows]
        self._rest = [
            (round(k / scale * (1 << (WEIGHT_BITS + LOG_BITS))), row[1], row[2], row[3])
            for k, row in zip(constants, rows, strict=True)
        ]
        self._affine = list(zip(origin, projection, strict=True))

    def without_recency(self, frequency: int, monetary: int, unique_products: int) -> list[int]:
        """Return each segment's score before recency is added; monetary in ten-thousandths."""
        log_f = LOG[frequency] if frequency < DAYS_IN_TABLE else log_count(frequency)
        log_u = LOG[unique_products] if unique_products < DAYS_IN_TABLE else log_count(unique_products)
        log_m = log_money(monetary)
        return [k + f * log_f + m * log_m + u * log_u for k, f, m, u in self._rest]

    def nearest(self, scores: list[int], recency_days: int) -> int:
        """Return the index of the nearest segment, given the scores without recency."""
        log_r = log_count(recency_days)
        best_index = 0
        weights = self.recency_weights
        best = scores[0] + weights[0] * log_r
        for index in range(1, len(scores)):
            score = scores[index] + weights[index] * log_r
            if score < best:
                best, best_index = score, index
        return best_index

    def assign(self, recency_days: int, frequency: int, monetary: int, unique_products: int) -> int:
        """Return the index of the segment nearest to a customer's features."""
        return self.nearest(self.without_recency(frequency, monetary, unique_products), recency_days)

    def margins(self, segments: Sequence[int], features: Sequence[tuple[int, int, int, int]]) -> list[float]:
        """Return for each customer 1 − d1/d2 of the distances to its own and the nearest other centroid, to 6 digits.

        Recency in days, frequency, monetary in ten-thousandths, unique products. Element by element, without
        a matrix product: nobody's margin may depend on who else is asked about.
        """
        if not segments or len(self.ids) == 1:
            return [0.0] * len(segments)
        recency, frequency, monetary, unique_products = np.log1p(np.array(features, float).T / _UNITS)
        place = [
            o + r * recency + f * frequency + m * monetary + u * unique_products for o, (r, f, m, u) in self._affine
        ]
        squares = np.zeros((len(self.ids), len(segments)))
        for axis, coordinate in enumerate(place):
            for segment, centroid in enumerate(self.model.centroids):
                squares[segment] += (coordinate - centroid[axis]) ** 2
        distances = np.sqrt(squares)
        everybody = np.arange(len(segments))
        own = distances[segments, everybody]
        distances[segments, everybody] = np.inf
        other = distances.min(axis=0)
        ratio = np.divide(own, other, out=np.ones_like(own), where=other > 0)
        margins: list[float] = np.maximum(1 - ratio, 0.0).round(6).tolist()
        return margins


_UNITS = np.array([[1.0], [1.0], [MONEY_SCALE], [1.0]])


def fold_affine(model: SegmentModel) -> tuple[list[list[float]], list[float]]:
    """Return (A, b) with point = A · log1p(features) + b: the scaler and the PCA as one step."""
    projection = [[c / s for c, s in zip(row, model.scaler_scale, strict=True)] for row in model.pca_components]
    shift = [
        mean / scale + center
        for mean, scale, center in zip(model.scaler_mean, model.scaler_scale, model.pca_mean, strict=True)
    ]
    return projection, [-_dot(row, shift) for row in model.pca_components]


def _dot(left: Sequence[float], right: Sequence[float]) -> float:
    total = 0.0
    for a, b in zip(left, right, strict=True):
        total += a * b
    return total
