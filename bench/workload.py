"""The one workload of every benchmark: a year of orders by customers who follow a Zipf-like law, and one model.

Customer n of 50,000 is drawn with density n^(-2/3), an order has 1 to 9 lines (3.5 on average), and event
time advances evenly over 364 days.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec

from model_store.segment_model import Profile, Segment, SegmentModel

CUSTOMERS = 50_000
PRODUCTS = 3_000
LINES = (1, 1, 2, 3, 5, 9)
START = datetime(2025, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=364)
SEED = 7

_encode = msgspec.json.Encoder().encode


def orders(
    number: int, *, customers: int = CUSTOMERS, prefix: str = "C", start: datetime = START, span: timedelta = SPAN
) -> Iterator[tuple[bytes, bytes]]:
    """Yield (key, value) of so many orders, the same ones every time."""
    rnd = random.Random(SEED)
    step = span / number
    for n in range(number):
        customer_id = f"{prefix}{int(customers * rnd.random() ** 3)}"
        lines = rnd.choice(LINES)
        order = {
            "order_id": f"O{n}",
            "customer_id": customer_id,
            "ordered_at": (start + step * n).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "lines": [
                {
                    "product_id": f"S{rnd.randrange(PRODUCTS)}",
                    "quantity": rnd.randrange(1, 9),
                    "unit_price": round(rnd.random() * 20, 2),
                }
                for _ in range(lines)
            ],
        }
        yield customer_id.encode(), _encode(order)


class Line(msgspec.Struct):
    """A line as the workload writes it."""

    product_id: str
    quantity: int
    unit_price: float


class Order(msgspec.Struct):
    """An order as the workload writes it."""

    order_id: str
    customer_id: str
    ordered_at: str
    lines: list[Line]


@cache
def pipeline() -> Any:
    """Return log1p → StandardScaler → PCA(3) → KMeans(5), fitted on fixed synthetic customers."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    rng = np.random.default_rng(0)
    count = 5_000
    frequency = rng.geometric(0.08, count)
    features = np.c_[
        rng.exponential(60, count),
        frequency,
        frequency * rng.lognormal(4, 0.7, count),
        frequency * rng.uniform(1, 3, count),
    ]
    steps = (FunctionTransformer(np.log1p), StandardScaler(), PCA(3), KMeans(5, n_init=5, random_state=0))
    return make_pipeline(*steps).fit(features)


@cache
def model(window_days: int | None = 365) -> SegmentModel:
    """Return the same pipeline as the worker reads it."""
    return as_model(pipeline(), "20250101T000000Z-workload", window_days)


def as_model(fitted: Any, version: str, window_days: int | None = 365) -> SegmentModel:
    """Return a fitted log → scale → PCA → K-Means pipeline as a model of ours."""
    _, scaler, pca, kmeans = (step for _, step in fitted.steps)
    profile = Profile(customers=0, share=0.2, recency_days=0, frequency=0, monetary=0, unique_products=0)
    return SegmentModel(
        version=version,
        window_days=window_days,
        scaler_mean=tuple(scaler.mean_.tolist()),
        scaler_scale=tuple(scaler.scale_.tolist()),
        pca_mean=tuple(pca.mean_.tolist()),
        pca_components=tuple(map(tuple, pca.components_.tolist())),
        centroids=tuple(map(tuple, kmeans.cluster_centers_.tolist())),
        segments=tuple(
            Segment(id=f"s{n}", name=f"Segment {n}", description="", action="", profile=profile)
            for n in range(1, len(kmeans.cluster_centers_) + 1)
        ),
        training={},
    )
