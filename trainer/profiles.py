"""What each cluster's customers are like, and which cluster is worth most."""

from __future__ import annotations

import numpy as np

from model_store.segment_model import Profile
from trainer.fit import Array, Labels


def profiles(matrix: Array, labels: Labels, k: int) -> list[Profile]:
    """Return one profile per cluster, in the clusters' order; the matrix is R, F, M, U."""
    return [_profile(matrix[labels == cluster], len(matrix)) for cluster in range(k)]


def _profile(members: Array, customers: int) -> Profile:
    recency_days, frequency, monetary, unique_products = np.median(members, axis=0).tolist()
    return Profile(
        customers=len(members),
        share=len(members) / customers,
        recency_days=recency_days,
        frequency=frequency,
        monetary=monetary,
        unique_products=unique_products,
    )


def best_first(found: list[Profile]) -> list[int]:
    """Return the clusters by worth: money, then frequency, then how recent they bought."""

    def worth(cluster: int) -> tuple[float, float, float]:
        profile = found[cluster]
        return -profile.monetary, -profile.frequency, profile.recency_days

    return sorted(range(len(found)), key=worth)
