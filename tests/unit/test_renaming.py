"""Other words for a segment: nothing that scores is touched, and the words are marked as a person's."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.errors import ModelRefused
from model_store.renaming import MAX_NAME, Words, rename, trained_at
from model_store.scoring import Scorer
from model_store.segment_model import decode, encode
from tests.builders import a_model

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def test_only_the_words_of_one_segment_change_and_they_are_marked() -> None:
    old = a_model(training={"silhouette": 0.4})

    new = rename(old, "s2", Words("Big baskets", "They fill the van.", "Ring them up."), at=NOW)

    before, after = msgspec.to_builtins(old), msgspec.to_builtins(new)
    changed = before["segments"][1] | {
        "name": "Big baskets", "description": "They fill the van.", "action": "Ring them up.", "renamed": True
    }  # fmt: skip
    expected = before | {
        "version": new.version,
        "segments": (before["segments"][0], changed, *before["segments"][2:]),
        "training": {"silhouette": 0.4, "renamed_from": old.version, "trained_at": "2025-01-01T00:00:00Z"},
    }
    assert msgspec.json.decode(msgspec.json.encode(after)) == msgspec.json.decode(msgspec.json.encode(expected))


def test_words_that_are_not_given_stay() -> None:
    old = a_model()

    [segment] = [s for s in rename(old, "s1", Words("VIP"), at=NOW).segments if s.id == "s1"]

    assert (segment.description, segment.action) == (old.segments[0].description, old.segments[0].action)


def test_the_version_sorts_after_the_older_ones_and_tells_two_names_of_one_second_apart() -> None:
    one, other = (rename(a_model(), "s1", Words(name), at=NOW).version for name in ("VIP", "VIPs"))

    assert a_model().version < one
    assert one.startswith("20260304T050607Z-")
    assert one != other


def test_a_second_renaming_keeps_the_first_and_the_day_of_the_training() -> None:
    first = rename(a_model(), "s1", Words("VIP"), at=NOW)

    second = rename(first, "s2", Words("Big baskets"), at=NOW)

    assert [(s.name, s.renamed) for s in second.segments[:3]] == [
        ("VIP", True), ("Big baskets", True), ("Promising", False)
    ]  # fmt: skip
    assert trained_at(second) == trained_at(a_model()) == "2025-01-01T00:00:00Z"
    assert second.training["renamed_from"] == first.version


@pytest.mark.parametrize(
    ("segment_id", "name", "says"),
    [
        ("s9", "VIP", "It has s1, s2, s3, s4."),
        ("s1", "Loyal", "Give every segment a name of its own."),
        ("s1", "", "1 to 64 characters"),
        ("s1", " VIP", "without blanks around"),
        ("s1", "two\nlines", "in one line"),
        ("s1", "\x1b[31mred", "in one line"),
        ("s1", "x" * (MAX_NAME + 1), "1 to 64 characters"),
    ],
)
def test_a_name_that_cannot_be_given_is_refused_with_what_can(segment_id: str, name: str, says: str) -> None:
    with pytest.raises(ModelRefused) as caught:
        rename(a_model(), segment_id, Words(name), at=NOW)

    assert caught.value.code == "MODEL_SEGMENTS"
    assert says in caught.value.mend


def test_a_segment_may_be_given_its_own_name_again_to_keep_it() -> None:
    [segment, *_] = rename(a_model(), "s1", Words("Champions"), at=NOW).segments

    assert (segment.name, segment.renamed) == ("Champions", True)


@given(st.text(min_size=1, max_size=MAX_NAME), st.text(max_size=200), st.integers(0, 400), st.integers(0, 50))
def test_whatever_the_words_the_model_can_be_published_and_scores_as_before(
    name: str, description: str, recency_days: int, frequency: int
) -> None:
    old = a_model()
    try:
        new = rename(old, "s3", Words(name, description), at=NOW)
    except ModelRefused:
        return

    assert decode(encode(new)) == new
    assert Scorer(new).assign(recency_days, frequency, 10_000, 3) == Scorer(old).assign(
        recency_days, frequency, 10_000, 3
    )


@pytest.mark.parametrize("version", ["champion", "20250101T000000-x", "2025-01-01", "v1"])
def test_a_version_that_is_no_instant_does_not_say_when_the_model_was_trained(version: str) -> None:
    assert trained_at(a_model(version=version)) == ""
