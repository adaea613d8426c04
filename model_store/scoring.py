"""A model as integers: the nearest centroid of log → scale → PCA, exact and the same on every machine.

The squared distance to a centroid, less what all centroids share, is linear in the four logs:
score_j = K_j + W_j · (log1p R, log1p F, log1p M, log1p U). Logs carry 26 bits of fraction, weights 28,
so that scores fit 64 bits and comparing them never rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log1p, sqrt
from typing import Any, Final, NamedTuple

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


FeatureRow = tuple[int, int, int, int]
"""Recency in days, frequency, monetary in ten-thousandths, unique products."""


class Place(NamedTuple):
    """Where a customer lies in PCA space, in floats for people, to 6 digits."""

    point: list[float]
    distances: list[float]
    """To each segment's centroid, in the order of the model."""
    margin: float
    """1 − d1/d2 of the distances to the own and the nearest other centroid; 0 in a model of one segment."""


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
        self.unit = scale / (1 << (WEIGHT_BITS + LOG_BITS))
        """What 1 of a score is as a squared distance in PCA space."""
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

    def parts(self, index: int, recency_days: int, frequency: int, monetary: int, unique_products: int) -> list[int]:
        """Return what a segment's score is the sum of: recency, frequency, monetary, unique products, the constant."""
        constant, f, m, u = self._rest[index]
        return [
            self.recency_weights[index] * log_count(recency_days),
            f * log_count(frequency),
            m * log_money(monetary),
            u * log_count(unique_products),
            constant,
        ]

    def assign(self, recency_days: int, frequency: int, monetary: int, unique_products: int) -> int:
        """Return the index of the segment nearest to a customer's features."""
        return self.nearest(self.without_recency(frequency, monetary, unique_products), recency_days)

    def margins(self, segments: Sequence[int], features: Sequence[FeatureRow]) -> list[float]:
        """Return for each customer 1 − d1/d2 of the distances to its own and the nearest other centroid, to 6 digits.

        Recency in days, frequency, monetary in ten-thousandths, unique products.
        """
        if not segments or len(self.ids) == 1:
            return [0.0] * len(segments)
        return self._margins(segments, self._distances(self._points(features)))

    def places(self, segments: Sequence[int], features: Sequence[FeatureRow]) -> list[Place]:
        """Return where each customer lies, given the segments that `assign` chose: alone or among others the same."""
        if not segments:
            return []
        if len(segments) == 1:
            return [self._place(segments[0], features[0])]
        points = self._points(features)
        distances = self._distances(points)
        margins = self._margins(segments, distances) if len(self.ids) > 1 else [0.0] * len(segments)
        # 0.0 turns -0.0, which one row alone never shows, into 0.0.
        columns = (np.array(points).T.round(6) + 0.0).tolist(), distances.T.round(6).tolist()
        return [Place(*place) for place in zip(*columns, margins, strict=True)]

    def _place(self, segment: int, features: FeatureRow) -> Place:
        """Return one customer's place by the same operations in the same order as for many, in a third of the time."""
        days, orders, money, products = features
        recency, frequency, monetary, unique_products = np.log1p(
            np.array((days, orders, money / MONEY_SCALE, products), float)
        ).tolist()
        point = [
            o + r * recency + f * frequency + m * monetary + u * unique_products for o, (r, f, m, u) in self._affine
        ]
        distances = []
        for centroid in self.model.centroids:
            square = 0.0
            for coordinate, center in zip(point, centroid, strict=True):
                square += (coordinate - center) ** 2
            distances.append(sqrt(square))
        other = min((away for at, away in enumerate(distances) if at != segment), default=0.0)
        margin = 0.0 if len(distances) == 1 else max(1 - (distances[segment] / other if other > 0 else 1.0), 0.0)
        return Place(_millionths(point), _millionths(distances), _millionths([margin])[0])

    def _points(self, features: Sequence[FeatureRow]) -> list[Any]:
        """Return the customers' coordinates, an array for each axis of the PCA.

        Element by element, without a matrix product: nobody's place may depend on who else is asked about.
        """
        recency, frequency, monetary, unique_products = np.log1p(np.array(features, float).T / _UNITS)
        return [
            o + r * recency + f * frequency + m * monetary + u * unique_products for o, (r, f, m, u) in self._affine
        ]

    def _distances(self, points: list[Any]) -> Any:
        """Return an array of segments by customers."""
        squares = np.zeros((len(self.ids), len(points[0])))
        for axis, coordinate in enumerate(points):
            for segment, centroid in enumerate(self.model.centroids):
                squares[segment] += (coordinate - centroid[axis]) ** 2
        return np.sqrt(squares)

    def _margins(self, segments: Sequence[int], distances: Any) -> list[float]:
        others = distances.copy()
        everybody = np.arange(len(segments))
        own = distances[segments, everybody]
        others[segments, everybody] = np.inf
        other = others.min(axis=0)
        ratio = np.divide(own, other, out=np.ones_like(own), where=other > 0)
        margins: list[float] = np.maximum(1 - ratio, 0.0).round(6).tolist()
        return margins


_UNITS = np.array([[1.0], [1.0], [MONEY_SCALE], [1.0]])


def _millionths(values: Sequence[float]) -> list[float]:
    """Return values to 6 digits, as numpy rounds them: Python's own rounding has other last bits."""
    return [round(value * 1e6) / 1e6 for value in values]


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
