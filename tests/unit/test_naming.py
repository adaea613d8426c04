"""Segments get one marketer's name each, by rank, the same every time."""

from __future__ import annotations

import pytest

from model_store.segment_model import Profile
from trainer.naming import NAMES, name_segments
from trainer.profiles import best_first


def a_profile(recency_days: float, frequency: float, monetary: float, unique_products: float = 1.0) -> Profile:
    return Profile(
        customers=1,
        share=0.1,
        recency_days=recency_days,
        frequency=frequency,
        monetary=monetary,
        unique_products=unique_products,
    )


def from_best_to_worst(k: int) -> list[Profile]:
    return [a_profile(5.0 + 10 * n, 2.0 * (k - n), 100.0 * (k - n)) for n in range(k)]


def names(profiles: list[Profile]) -> list[str]:
    return [segment.name for segment in name_segments(profiles)]


@pytest.mark.parametrize("k", range(2, 65))
def test_no_name_and_no_id_is_given_twice(k: int) -> None:
    segments = name_segments(from_best_to_worst(k))

    assert len({segment.name for segment in segments}) == k
    assert [segment.id for segment in segments] == [f"s{n}" for n in range(1, k + 1)]


@pytest.mark.parametrize("k", range(2, 13))
def test_the_best_are_champions_and_the_worst_hibernate(k: int) -> None:
    got = names(from_best_to_worst(k))

    assert (got[0], got[-1]) == ("Champions", "Hibernating")


def test_four_usual_segments_get_their_usual_names() -> None:
    got = names(
        [
            a_profile(9, 9, 3168),
            a_profile(64, 3, 1066),
            a_profile(17, 2, 461),
            a_profile(180, 1, 244),
        ]
    )

    assert got == ["Champions", "At risk", "Promising", "Hibernating"]


def test_good_customers_who_stay_away_are_not_called_champions() -> None:
    got = names([a_profile(200, 20, 5000), a_profile(3, 1, 20)])

    assert got == ["Cannot lose them", "New"]


def test_segments_that_are_all_alike_still_get_different_names() -> None:
    assert len(set(names([a_profile(1, 1, 1)] * 12))) == 12


def test_currency_and_rhythm_of_a_shop_do_not_change_the_names() -> None:
    profiles = from_best_to_worst(5)
    elsewhere = [a_profile(p.recency_days / 7, p.frequency, p.monetary * 1000) for p in profiles]

    assert names(elsewhere) == names(profiles)


def test_the_same_profiles_get_the_same_segments() -> None:
    assert name_segments(from_best_to_worst(8)) == name_segments(from_best_to_worst(8))


def test_every_name_comes_with_one_sentence_and_an_action() -> None:
    for name in NAMES:
        assert name.description.endswith(".")
        assert name.description.count(".") == 1
        assert name.action.endswith(".")


def test_the_best_come_first_money_before_frequency_before_recency() -> None:
    profiles = [a_profile(1, 9, 10), a_profile(9, 1, 99), a_profile(5, 2, 99), a_profile(1, 2, 99)]

    assert best_first(profiles) == [3, 2, 1, 0]
