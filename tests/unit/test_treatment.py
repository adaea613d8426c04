"""Outliers and dimensions: what is cut, counted and kept before K-Means sees it."""

from __future__ import annotations

import numpy as np
import pytest

from stream_app.core.errors import UsageError
from trainer.fit import Array, fit_clusters, fit_space
from trainer.treatment import winsorize


def a_shop_with_a_wholesaler() -> Array:
    luck = np.random.default_rng(5)
    matrix = np.column_stack(
        [luck.integers(0, 300, 200), luck.integers(1, 9, 200), luck.lognormal(5, 1, 200), luck.integers(1, 40, 200)]
    ).astype(float)
    matrix[7] = [3, 2_000, 9_000_000, 1_500]
    return matrix


def test_the_top_of_each_unbounded_feature_is_cut_and_counted() -> None:
    matrix = a_shop_with_a_wholesaler()

    treated = winsorize(matrix, 99)

    assert treated.limits["frequency"] == treated.matrix[:, 1].max() < 2_000
    assert treated.above == {"frequency": 1, "monetary": 2, "unique_products": 1}
    assert (treated.matrix[:, 0] == matrix[:, 0]).all()
    assert matrix[7, 1] == 2_000


def test_without_a_percentile_nothing_is_cut() -> None:
    matrix = a_shop_with_a_wholesaler()

    assert winsorize(matrix, None).matrix is matrix


@pytest.mark.parametrize("percentile", [0.99, 49.9, 100.0, float("nan")])
def test_a_percentile_that_cuts_nearly_all_or_nothing_is_refused(percentile: float) -> None:
    with pytest.raises(UsageError, match="no percentile"):
        winsorize(a_shop_with_a_wholesaler(), percentile)


@pytest.mark.parametrize(("wanted", "components"), [(1, 1), (4, 4), (0.5, 2), (0.95, 4)])
def test_components_by_number_or_by_the_variance_they_keep(wanted: float, components: int) -> None:
    space = fit_space(a_shop_with_a_wholesaler(), wanted, seed=42)

    assert len(space.explained_variance) == len(space.pca_components) == components
    assert isinstance(wanted, int) or sum(space.explained_variance) >= wanted


def test_a_feature_that_is_left_out_moves_nobody() -> None:
    matrix = a_shop_with_a_wholesaler()
    space = fit_space(matrix, 3, seed=42, columns=3)
    elsewhere = matrix.copy()
    elsewhere[:, 3] *= 100

    assert (space.scaler_scale[3], space.pca_components.shape) == (1.0, (3, 4))
    assert np.allclose(space.place(elsewhere), space.points)
    with pytest.raises(UsageError, match="from 1 to 3"):
        fit_space(matrix, 4, seed=42, columns=3)


@pytest.mark.parametrize("wanted", [0, 5, -1, 0.0, 1.0, 1.5, float("nan")])
def test_components_that_do_not_exist_are_refused(wanted: float) -> None:
    with pytest.raises(UsageError, match=r"components|variance"):
        fit_space(a_shop_with_a_wholesaler(), wanted, seed=42)


def test_customers_are_placed_and_assigned_as_they_were_fitted() -> None:
    matrix = a_shop_with_a_wholesaler()
    space = fit_space(matrix, seed=42)
    clusters = fit_clusters(space.points, 4, seed=42)

    assert np.allclose(space.place(matrix), space.points)
    assert (clusters.nearest(space.points) == clusters.labels).all()
