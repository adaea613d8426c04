"""Law: the integer scores choose the centroid that scikit-learn's own pipeline predicts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from model_store.scoring import Scorer
from tests.builders import a_model
from tests.properties.worlds import EYE

ROWS = 100_000
BORDER = 5e-8
EXTREMES = (0, 1, 36_525, 36_526, 10**9)
Rows = np.ndarray[tuple[int, int], np.dtype[np.int64]]
Units = np.ndarray[tuple[int, int], np.dtype[np.float64]]


def some_customers(rows: int, seed: int) -> Rows:
    """Return recency, frequency, money in ten-thousandths and products, spread as a shop's are."""
    dice = np.random.default_rng(seed)
    columns = (
        dice.integers(0, 400, rows),
        1 + dice.geometric(0.2, rows),
        np.exp(dice.normal(14.5, 1.4, rows)),
        1 + np.exp(dice.normal(3, 1, rows)),
    )
    return np.stack([column.astype(np.int64) for column in columns], axis=1)


def in_units(customers: Rows) -> Units:
    units: Units = customers / np.array([1, 1, 10_000, 1])
    return units


@pytest.fixture(scope="session")
def pipeline() -> Pipeline:
    """A pipeline as the trainer fits it: log, scale, PCA, K-Means."""
    steps = (FunctionTransformer(np.log1p), StandardScaler(), PCA(2), KMeans(6, n_init=3, random_state=1))
    return make_pipeline(*steps).fit(in_units(some_customers(3_000, seed=1)))


@pytest.fixture(scope="session")
def scorer(pipeline: Pipeline) -> Scorer:
    """The same pipeline as integers."""
    _, scaler, pca, kmeans = (step for _, step in pipeline.steps)
    return Scorer(
        a_model(
            scaler_mean=tuple(scaler.mean_.tolist()),
            scaler_scale=tuple(scaler.scale_.tolist()),
            pca_mean=tuple(pca.mean_.tolist()),
            pca_components=tuple(map(tuple, pca.components_.tolist())),
            centroids=tuple(map(tuple, kmeans.cluster_centers_.tolist())),
        )
    )


def disagreements(pipeline: Pipeline, scorer: Scorer, customers: Rows) -> Rows:
    got = np.array([scorer.assign(*customer) for customer in customers.tolist()])
    different: Rows = customers[got != pipeline.predict(in_units(customers))]
    return different


def test_assign_equals_predict_on_a_hundred_thousand_customers(pipeline: Pipeline, scorer: Scorer) -> None:
    customers = some_customers(ROWS, seed=5)

    assert disagreements(pipeline, scorer, customers).tolist() == []


def test_assign_equals_predict_at_the_extremes(pipeline: Pipeline, scorer: Scorer) -> None:
    customers = np.array(list(product(EXTREMES, repeat=4)))

    assert disagreements(pipeline, scorer, customers).tolist() == []


def test_assign_differs_from_predict_only_on_the_border(pipeline: Pipeline, scorer: Scorer) -> None:
    """26 bits of a logarithm end where two distances agree to seven digits: once in millions of customers."""
    customers = some_customers(ROWS, seed=2)

    on_border = disagreements(pipeline, scorer, customers)

    distances = np.sort(pipeline.transform(in_units(on_border)), axis=1)
    assert len(on_border) <= 1
    assert (distances[:, 1] - distances[:, 0] < BORDER).all()


def test_the_margin_is_that_of_the_distances_in_pca_space(pipeline: Pipeline, scorer: Scorer) -> None:
    customers = some_customers(200, seed=3)

    got = scorer.margins([scorer.assign(*customer) for customer in customers.tolist()], customers.tolist())

    nearest = np.sort(pipeline.transform(in_units(customers)), axis=1)[:, :2]
    assert got == pytest.approx((1 - nearest[:, 0] / nearest[:, 1]).tolist(), abs=1e-6)


def test_a_place_is_the_same_alone_and_among_others(scorer: Scorer) -> None:
    customers = [*map(tuple, some_customers(5_000, seed=4).tolist()), *product(EXTREMES, repeat=4)]
    segments = [scorer.assign(*customer) for customer in customers]

    together = scorer.places(segments, customers)

    alone = [scorer.places([segment], [customer])[0] for segment, customer in zip(segments, customers, strict=True)]
    assert repr(alone) == repr(together)
    assert [place.margin for place in together] == scorer.margins(segments, customers)


@given(
    st.lists(st.tuples(*[st.integers(-3, 3)] * 4), min_size=1, max_size=4),
    st.tuples(st.integers(0, 50_000), st.integers(0, 50_000), st.integers(0, 10**12), st.integers(0, 50_000)),
)
def test_on_an_exact_tie_the_first_segment_wins(
    centroids: list[tuple[int, ...]], customer: tuple[int, int, int, int]
) -> None:
    rows = tuple(tuple(map(float, row)) for row in centroids)

    got = Scorer(a_model(centroids=rows + rows, pca_components=EYE)).assign(*customer)

    assert got == Scorer(a_model(centroids=rows, pca_components=EYE)).assign(*customer)
