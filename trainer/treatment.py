"""What is done to outliers before fitting: values above a percentile count as that percentile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stream_app.core.errors import UsageError
from trainer.fit import Array

CLIPPED = {"frequency": 1, "monetary": 2, "unique_products": 3}
"""The features without an upper bound, and their columns; recency ends with the window."""


@dataclass(frozen=True)
class Treated:
    """The features to fit, with the limit of each feature and how many customers are above it."""

    matrix: Array
    limits: dict[str, float]
    above: dict[str, int]


def winsorize(matrix: Array, percentile: float | None) -> Treated:
    """Return the features with their top cut to the percentile; None cuts nothing."""
    if percentile is None:
        return Treated(matrix, {}, {})
    if not 50 <= percentile < 100:
        raise UsageError(
            f"{percentile:g} is no percentile to cut outliers at.", "Use one from 50 to below 100: 99, for example."
        )
    treated = matrix.copy()
    limits = {name: float(np.percentile(matrix[:, column], percentile)) for name, column in CLIPPED.items()}
    for name, column in CLIPPED.items():
        np.minimum(treated[:, column], limits[name], out=treated[:, column])
    above = {name: int((matrix[:, column] > limits[name]).sum()) for name, column in CLIPPED.items()}
    return Treated(treated, limits, above)
