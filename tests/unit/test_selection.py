"""How many segments: one stated rule, the same answer every time."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from model_store.segment_model import Candidate
from stream_app.core.errors import UsageError
from tests.builders import a_candidate
from trainer.fit import SAMPLE, Array, fit_space, sample_rows, silhouette
from trainer.selection import AUTO, KRange, Selection, choose, elbow, k_range_from, select, stability
from trainer.train import silent

UCI_INERTIA = [6798.1, 4905.8, 4037.4, 3230.7, 2798.7, 2417.2, 2162.7, 1946.4, 1763.2]
JOURNEY_INERTIA = [4169.4, 2765.6, 2184.1, 1718.3, 1455.3, 1241.8, 1101.4, 986.6, 894.1]


def customers(groups: int, *, each: int = 60, seed: int = 1) -> Array:
    """Return customers in groups that anybody would see: each buys ten times as much as the one before."""
    luck = np.random.default_rng(seed)
    rows = [
        [300 / 4**n, 3.0**n, 10.0 * 10**n, 2.0 * 4**n] * luck.lognormal(0, 0.08, size=(each, 4)) for n in range(groups)
    ]
    return np.vstack(rows)


def selected(matrix: Array, wanted: KRange = AUTO) -> Selection:
    return select(matrix, fit_space(matrix, seed=42).points, wanted, seed=42, progress=silent)


def picked(*measured: Candidate) -> tuple[int, str]:
    candidates, reason = choose(measured)
    (chosen,) = [candidate.k for candidate in candidates if candidate.is_chosen]
    return chosen, reason


@pytest.mark.parametrize("groups", [3, 4, 5])
def test_groups_that_anybody_sees_are_found(groups: int) -> None:
    selection = selected(customers(groups))

    assert selection.chosen.k == selection.clusters.k == groups
    assert selection.chosen.stability > 0.99
    assert [candidate.k for candidate in selection.candidates] == list(range(2, 11))


def test_the_same_customers_give_the_same_choice() -> None:
    matrix = customers(4)

    assert selected(matrix).candidates == selected(matrix).candidates


def test_the_nearest_to_the_elbow_is_chosen_not_the_best_silhouette() -> None:
    measured = [a_candidate(k, inertia=UCI_INERTIA[k - 2], silhouette=1 / k) for k in range(2, 11)]

    assert picked(*measured) == (5, "2, 3, 4, 5, 6, 7, 8, 9 and 10 pass, and the elbow is at 5.")


@pytest.mark.parametrize("flaw", [{"stability": 0.79}, {"smallest_share": 0.019}])
def test_an_elbow_that_does_not_pass_leaves_the_choice_to_its_neighbours(flaw: dict[str, float]) -> None:
    at_the_elbow = a_candidate(3, inertia=200.0, **flaw)

    got = picked(a_candidate(2, silhouette=0.3), at_the_elbow, a_candidate(4, inertia=180.0), a_candidate(5, inertia=1))

    assert got == (4, "2, 4 and 5 pass; 4 is nearest the elbow at 3, and has a higher silhouette than 2.")


def test_where_nothing_passes_the_most_stable_of_large_segments_is_taken() -> None:
    shaky = [a_candidate(k, stability=0.3 + k / 20) for k in range(2, 6)]

    got = picked(*shaky, a_candidate(6, smallest_share=0.001))

    assert got == (5, "No k passes; of those with segments large enough 5 is the most stable.")


@pytest.mark.parametrize("inertias", [UCI_INERTIA, JOURNEY_INERTIA])
def test_the_elbow_of_every_range_is_the_farthest_below_the_line_from_first_to_last(inertias: list[float]) -> None:
    for first, last in combinations(range(len(inertias)), 2):
        ks, curve = range(first + 2, last + 3), inertias[first : last + 1]
        below = [(curve[0] - y) / (curve[0] - curve[-1]) - n / (last - first) for n, y in enumerate(curve)]

        assert elbow(ks, curve) == ks[below.index(max(below))]


@pytest.mark.parametrize("inertias", [[100.0, 95, 60, 30, 28, 26, 24, 22, 20], [100.0, 80, 70, 40, 30, 25, 22, 20, 19]])
def test_a_small_kink_before_the_elbow_is_none(inertias: list[float]) -> None:
    assert elbow(range(2, 11), inertias) == 5


def test_a_curve_that_bends_the_other_way_has_its_elbow_at_the_first() -> None:
    assert elbow([2, 3, 4, 5], [100.0, 95.0, 80.0, 0.0]) == 2


def test_the_elbow_moves_with_the_range() -> None:
    tops = (6, 8, 10)

    assert [elbow(range(2, top + 1), UCI_INERTIA[: top - 1]) for top in tops] == [3, 5, 5]
    assert [elbow(range(2, top + 1), JOURNEY_INERTIA[: top - 1]) for top in tops] == [3, 4, 5]


def test_a_curve_of_two_points_or_without_a_fall_bends_nowhere() -> None:
    assert elbow([2, 3], [9.0, 1.0]) == 2
    assert elbow([2, 3, 4], [0.0, 0.0, 0.0]) == 2


def test_groups_are_stable_and_a_cut_through_one_cloud_is_not() -> None:
    cloud = np.random.default_rng(3).normal(size=(400, 2))
    groups = np.repeat([[0.0, 0.0], [9.0, 9.0]], 200, axis=0) + cloud
    halves = (np.arange(400) >= 200).astype(np.int64)

    assert stability(groups, halves, 2, seed=42) == 1.0
    assert stability(cloud, halves, 2, seed=42) < 0.3


def test_beyond_ten_thousand_customers_the_same_sample_stands_for_all() -> None:
    rows = sample_rows(25_000, seed=42)

    assert len(np.unique(rows)) == len(rows) == SAMPLE
    assert (rows == sample_rows(25_000, seed=42)).all()
    assert len(sample_rows(SAMPLE, seed=42)) == SAMPLE


def test_a_sample_that_missed_the_only_other_cluster_has_no_silhouette() -> None:
    assert silhouette(np.zeros((5, 2)), np.zeros(5, dtype=np.int64)) == 0.0


def test_a_range_ends_where_there_are_too_few_different_customers() -> None:
    selection = selected(np.array([[n, n, 10.0 * n, n] for n in (1, 2, 40, 50, 300)], dtype=float))

    assert [candidate.k for candidate in selection.candidates] == [2, 3, 4]


def test_a_number_that_was_asked_for_is_measured_and_taken() -> None:
    selection = selected(customers(3), KRange(6, 6))

    assert (selection.chosen.k, selection.reason) == (6, "6 segments, as asked.")
    assert 0 < selection.chosen.stability < 1


@pytest.mark.parametrize(("text", "wanted"), [("auto", AUTO), ("5", KRange(5, 5)), ("3-8", KRange(3, 8))])
def test_a_number_a_range_or_auto(text: str, wanted: KRange) -> None:
    assert k_range_from(text) == wanted


@pytest.mark.parametrize("text", ["", "five", "3-", "3-x", "8-3", "-4"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        k_range_from(text)


@pytest.mark.parametrize("wanted", [KRange(1, 5), KRange(2, 65)])
def test_a_range_beyond_what_a_model_holds_is_refused(wanted: KRange) -> None:
    with pytest.raises(UsageError, match="segments cannot be fitted"):
        selected(customers(3, each=100), wanted)
