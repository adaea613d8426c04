"""The workload's model in floats: scaler and PCA folded into one matrix, then the nearest centroid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from model_store.scoring import fold_affine
from model_store.segment_model import SegmentModel

Array = np.ndarray


@dataclass(frozen=True)
class Folded:
    """point = projection · log1p(features) + origin, with a recency of 0 days."""

    projection: Array
    origin: Array
    centroids: Array
    segments: tuple[str, ...]

    @classmethod
    def of(cls, model: SegmentModel) -> Folded:
        """Return the folded form of a model."""
        projection, origin = fold_affine(model)
        ids = tuple(segment.id for segment in model.segments)
        return cls(np.array(projection), np.array(origin), np.array(model.centroids), ids)

    def nearest(self, frequency: int, monetary: float, unique_products: int) -> int:
        """Return the index of one customer's segment."""
        point = self.projection @ np.log1p([0.0, frequency, monetary, unique_products]) + self.origin
        return int(((self.centroids - point) ** 2).sum(axis=1).argmin())

    def nearest_of_many(self, features: Array) -> Array:
        """Return the same for many rows of frequency, monetary and unique products."""
        with_recency = np.c_[np.zeros(len(features)), features]
        points = np.log1p(with_recency) @ self.projection.T + self.origin
        return ((self.centroids[None] - points[:, None]) ** 2).sum(axis=2).argmin(axis=1)
