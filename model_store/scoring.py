"""A model as integers: the nearest centroid of log → scale → PCA, exact and the same on every machine.

The squared distance to a centroid, less what all centroids share, is linear in the four logs:
score_j = K_j + W_j · (log1p R, log1p F, log1p M, log1p U). Logs carry 26 bits of fraction, weights 28,
so that scores fit 64 bits and comparing them never rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import dist, log1p

from model_store.segment_model import SegmentModel

LOG_BITS = 26
WEIGHT_BITS = 28
LOG_ONE = 1 << LOG_BITS
DAYS_IN_TABLE = 36_526
"""A hundred years of days; counts below it are looked up too."""

MONEY_SCALE = 10_000

LOG: list[int] = [round(log1p(n) * LOG_ONE) for n in range(DAYS_IN_TABLE)]


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
        log_f, log_m, log_u = log_count(frequency), log_money(monetary), log_count(unique_products)
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

    def point(self, recency_days: int, frequency: int, monetary: int, unique_products: int) -> list[float]:
        """Return the place of the features in PCA space."""
        log_r, log_f, log_u = log1p(recency_days), log1p(frequency), log1p(unique_products)
        log_m = log1p(monetary / MONEY_SCALE) if monetary > 0 else 0.0
        return [o + r * log_r + f * log_f + m * log_m + u * log_u for o, (r, f, m, u) in self._affine]

    def margin(self, segment: int, recency_days: int, frequency: int, monetary: int, unique_products: int) -> float:
        """Return 1 − d1/d2 of the distances to the assigned and the nearest other centroid, to 6 digits."""
        place = self.point(recency_days, frequency, monetary, unique_products)
        distances = [dist(place, row) for row in self.model.centroids]
        own = distances.pop(segment)
        other = min(distances, default=0.0)
        return round(max(0.0, 1 - own / other), 6) if other > 0 else 0.0


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
