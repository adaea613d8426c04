"""Ids live on from model to model: as many customers as can be keep theirs, and no id is given twice."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.segment_model import Profile, Segment, SegmentModel
from tests.builders import a_model
from trainer.fit import Array, Space
from trainer.lineage import Lineage, Numbered, assign, match, migration, trace
from trainer.naming import name_segments

AXES = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0))
PLAIN = {"scaler_mean": (0.0,) * 4, "scaler_scale": (1.0,) * 4, "pca_components": AXES}
"""A space in which a customer stands at the logs of recency and frequency."""


def a_champion(*centroids: tuple[float, float], **changes: Any) -> SegmentModel:
    return a_model(centroids=centroids, **PLAIN, **changes)


def customers(*groups: tuple[float, float, int]) -> Array:
    """Return so many customers at each place."""
    rows = [[np.expm1(x), np.expm1(y), 1.0, 1.0] for x, y, number in groups for _ in range(number)]
    return np.array(rows)


def continued(champion: SegmentModel, matrix: Array, *centroids: tuple[float, float]) -> Lineage:
    """Return the lineage of a new model with these centroids in the same space."""
    successor = a_champion(*centroids)
    space = Space(np.zeros(4), np.ones(4), np.zeros(4), np.array(AXES), (0.7, 0.2), np.zeros((len(matrix), 2)))
    return trace(champion, Numbered(space, np.array(centroids), assign(successor, matrix)), matrix)


def fates(lineage: Lineage) -> dict[str, tuple[str, str | None]]:
    return {fate.id: (fate.fate, fate.other) for fate in lineage.fates}


def test_segments_in_another_order_keep_their_ids() -> None:
    champion = a_champion((0, 0), (4, 0), (0, 4))

    lineage = continued(champion, customers((0, 0, 5), (4, 0, 6), (0, 4, 7)), (0, 4.2), (0.1, 0), (4, 0.3))

    assert lineage.ids == ("s3", "s1", "s2")
    assert (lineage.stay, lineage.retired_ids) == (1.0, ())
    assert set(fates(lineage).values()) == {("kept", None)}


def test_the_larger_part_of_a_split_segment_keeps_the_id() -> None:
    champion = a_champion((0, 0), (4, 0))

    lineage = continued(champion, customers((0, 0, 9), (3.5, 0, 4), (4.5, 0, 6)), (0, 0), (3.5, 0), (4.5, 0))

    assert lineage.ids == ("s1", "s3", "s2")
    assert fates(lineage) == {"s1": ("kept", None), "s2": ("kept", None), "s3": ("split", "s2")}
    assert lineage.stay == 15 / 19


def test_of_merged_segments_the_larger_lives_on_and_the_other_id_is_never_given_again() -> None:
    champion = a_champion((0, 0), (4, 0), (5, 0), retired_ids=("s7",))
    matrix = customers((0, 0, 9), (4, 0, 4), (5, 0, 6))

    merged = continued(champion, matrix, (0, 0), (4.5, 0))

    assert fates(merged) == {"s1": ("kept", None), "s3": ("kept", None), "s2": ("merged", "s3")}
    assert merged.retired_ids == ("s7", "s2")
    # And a later model that has a third segment again
    heir = msgspec.structs.replace(
        a_champion((0, 0), (4.5, 0), retired_ids=merged.retired_ids), segments=named(merged.ids)
    )
    assert continued(heir, matrix, (0, 0), (4, 0), (5, 0)).ids == ("s1", "s8", "s3")


def named(ids: tuple[str, ...]) -> tuple[Segment, ...]:
    return tuple(
        msgspec.structs.replace(segment, id=id)
        for id, segment in zip(ids, a_champion((0, 0), (1, 1)).segments, strict=True)
    )


def test_a_segment_that_shares_few_customers_with_any_is_new_and_the_scattered_one_retires() -> None:
    champion = a_champion((0, 0), (3, 0), (6, 0))
    matrix = customers((0, 0, 10), (1.6, 0, 3), (3, 2, 2), (4.4, 0, 3), (6, 0, 10), (1.4, 2.4, 5), (4.6, 2.4, 5))

    lineage = continued(champion, matrix, (0.6, 0), (5.4, 0), (3, 2.5))

    assert lineage.ids == ("s1", "s3", "s4")
    assert fates(lineage)["s2"] == ("retired", None)
    assert fates(lineage)["s4"][0] == "new"


def test_an_id_that_a_person_chose_lives_on_too() -> None:
    champion = a_champion((0, 0), (4, 0))
    vip = msgspec.structs.replace(champion.segments[1], id="vip")
    champion = msgspec.structs.replace(champion, segments=(champion.segments[0], vip))

    lineage = continued(champion, customers((0, 0, 5), (4, 0, 5), (9, 0, 5)), (9, 0), (4, 0), (0, 0))

    assert lineage.ids == ("s2", "vip", "s1")


def test_another_scale_of_the_new_model_does_not_matter() -> None:
    champion = a_champion((0, 0), (4, 0))
    matrix = customers((0, 0, 5), (4, 0, 5))
    labels = assign(champion, matrix)
    space = Space(np.full(4, 2.0), np.full(4, 3.0), np.zeros(4), np.array(AXES), (0.7, 0.2), np.zeros((10, 2)))

    lineage = trace(champion, Numbered(space, (np.array([[0.0, 0.0], [4.0, 0.0]]) - 2) / 3, labels), matrix)

    assert (lineage.ids, lineage.stay) == (("s1", "s2"), 1.0)


def test_customers_shared_decide_before_the_distance_of_centroids() -> None:
    moves = np.array([[5, 6], [6, 5]])

    assert match(moves, np.array([[0.0, 9.0], [9.0, 0.0]])) == [(0, 1), (1, 0)]
    assert match(np.full((2, 2), 5), np.array([[9.0, 0.0], [0.0, 9.0]])) == [(0, 1), (1, 0)]


@given(st.integers(2, 5), st.data())
def test_no_renumbering_lets_more_customers_keep_their_segment(k: int, data: st.DataObject) -> None:
    labels = st.lists(st.integers(0, k - 1), min_size=30, max_size=30)
    moves = migration(np.array(data.draw(labels)), np.array(data.draw(labels)), k, k)

    matched = sum(moves[old, new] for old, new in match(moves, np.ones((k, k))))

    assert matched == max(sum(moves[o, n] for o, n in enumerate(order)) for order in permutations(range(k)))


def a_profile(worth: float) -> Profile:
    return Profile(
        customers=1, share=0.5, recency_days=100 / worth, frequency=worth, monetary=worth, unique_products=1.0
    )


def test_the_words_of_a_person_are_kept_with_their_id_and_no_other_segment_takes_the_name() -> None:
    champions = Segment(
        id="s2", name="Champions", description="Ours.", action="Call.", profile=a_profile(1), renamed=True
    )

    named = name_segments([a_profile(90), a_profile(2)], ("s9", "s2"), kept={"s2": champions})

    assert [(s.id, s.name, s.description) for s in named][1] == ("s2", "Champions", "Ours.")
    assert named[1].renamed
    assert named[1].profile == a_profile(2)
    assert named[0].name == "Champions 2"


@pytest.mark.parametrize("is_known", [True, False])
def test_words_that_no_person_chose_are_chosen_anew(is_known: bool) -> None:
    before = Segment(id="s1", name="Odd", description="…", action="…", profile=a_profile(1), renamed=not is_known)

    named = name_segments([a_profile(9), a_profile(1)], kept={"s1" if is_known else "s7": before})

    assert [segment.name for segment in named] == ["Champions", "Hibernating"]
