"""What the report counts: every customer once, in bins that suit the feature, the same at every training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.contract.order import MONEY_SCALE
from tests.builders import a_model
from tests.shops import a_matrix
from trainer.lineage import assign
from trainer.report.bins import bins
from trainer.report.evidence import SHOWN, gather

SEED = 42

WHOLE = st.lists(st.integers(0, 50_000), min_size=1, max_size=60)
MONEY = st.lists(st.integers(0, 10**13).map(lambda amount: amount / MONEY_SCALE), min_size=1, max_size=60)


@given(WHOLE, st.sampled_from([0, 1]), st.booleans())
def test_every_customer_is_in_exactly_one_bin_of_whole_numbers(values: list[int], unit: int, is_log: bool) -> None:
    found = bins(np.array(values, dtype=float), unit=unit, is_log=is_log)

    assert sum(found.counts) == len(values)
    assert len(found.edges) == len(found.counts) + 1
    assert list(found.edges) == sorted(set(found.edges))


@given(MONEY, st.booleans())
def test_every_customer_is_in_exactly_one_bin_of_money(values: list[float], is_log: bool) -> None:
    found = bins(np.array(values), unit=None, is_log=is_log)

    assert sum(found.counts) == len(values)
    assert list(found.edges) == sorted(set(found.edges))


@given(WHOLE, st.booleans())
def test_no_whole_number_is_cut_in_two(values: list[int], is_log: bool) -> None:
    counts = bins(np.array(values, dtype=float), unit=1, is_log=is_log)
    days = bins(np.array(values, dtype=float), unit=0, is_log=is_log)

    assert all(edge == 0 or edge % 1 == 0.5 for edge in counts.edges)
    assert all(edge % 1 == 0 for edge in days.edges)


@given(WHOLE)
def test_bins_on_the_logarithm_are_few_and_none_makes_a_tower_of_one_customer(values: list[int]) -> None:
    found = bins(np.array(values, dtype=float), unit=1, is_log=True)

    widths = np.diff(np.log1p(found.edges))
    assert len(found.counts) <= 31
    assert len(widths) == 1 or widths.min() > 0.9 * widths.sum() / 30


def test_the_sample_is_drawn_anew_in_the_same_way() -> None:
    model, matrix = a_model(), a_matrix(SHOWN + 500)

    first, again = (gather(model, matrix, None, seed=SEED).cloud for _ in range(2))

    assert first == again
    assert len(first.x) == len(set(zip(first.x, first.y, strict=True))) == SHOWN
    assert first != gather(model, matrix, None, seed=SEED + 1).cloud


def test_a_point_of_the_scatter_has_the_segment_that_is_nearest_to_it() -> None:
    model = a_model()

    cloud = gather(model, a_matrix(300), None, seed=SEED).cloud

    centroids = np.array(cloud.centroids)
    for x, y, segment in zip(cloud.x, cloud.y, cloud.segments, strict=True):
        assert np.argmin(((centroids - (x, y)) ** 2).sum(axis=1)) == segment


def test_the_parts_of_the_money_add_up_to_all_of_it() -> None:
    model, matrix = a_model(), a_matrix(300)

    money = gather(model, matrix, None, seed=SEED).money

    best = matrix[assign(model, matrix) == 0]
    assert sum(money) == pytest.approx(1)
    assert money[0] == pytest.approx(best[:, 2].sum() / matrix[:, 2].sum())


def test_where_nobody_spent_anything_no_part_is_made_up() -> None:
    matrix = a_matrix(50)
    matrix[:, 2] = 0

    evidence = gather(a_model(), matrix, None, seed=SEED)

    assert evidence.money == (0, 0, 0, 0)
    assert evidence.distributions[2].skewness == 0


def test_moves_count_each_customer_once_by_both_models() -> None:
    # Given a champion with two of the four segments
    champion = a_model(centroids=((2.2, 0.3), (-1.9, -0.7)))
    model, matrix = a_model(), a_matrix(300)

    moves = gather(model, matrix, champion, seed=SEED).moves

    assert moves is not None
    now = np.bincount(assign(model, matrix), minlength=4)
    assert np.array(moves.counts).shape == (2, 4)
    assert np.array(moves.counts).sum(axis=0).tolist() == now.tolist()


def test_the_logarithm_takes_the_tail_away() -> None:
    spent = gather(a_model(), a_matrix(2_000), None, seed=SEED).distributions[2]

    assert spent.skewness > 2
    assert abs(spent.skewness_logged) < 0.5
