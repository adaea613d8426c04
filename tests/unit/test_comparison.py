"""Two models side by side: which segments stay, which come and go, and how far each centre moved."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_store.comparison import Comparison, compare
from model_store.segment_model import SegmentModel
from tests.builders import a_model


def flat(*centroids: tuple[float, float], ids: str = "abcdefgh", mean: float = 0.0, scale: float = 1.0) -> SegmentModel:
    """Return a model whose components are recency and frequency themselves."""
    model = a_model(
        centroids=centroids, scaler_mean=(mean,) * 4, scaler_scale=(scale,) * 4,
        pca_components=((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0)),
    )  # fmt: skip
    segments = tuple(msgspec.structs.replace(s, id=id) for s, id in zip(model.segments, ids, strict=False))
    return msgspec.structs.replace(model, segments=segments)


def fates(found: Comparison) -> dict[str, list[str]]:
    return {
        "kept": [one.id for one in found.kept],
        "new": [one.id for one in found.new],
        "retired": [one.id for one in found.retired],
    }


def test_segments_are_kept_new_or_retired_by_their_ids() -> None:
    found = compare(flat((0, 0), (1, 0), (5, 5), ids="abc"), flat((1, 1), (0, 0), (6, 5), ids="bad"))

    assert fates(found) == {"kept": ["b", "a"], "new": ["d"], "retired": ["c"]}


def test_a_centre_that_moved_is_measured_in_deviations_of_the_old_customers() -> None:
    old = flat((1.0, 1.0), scale=2.0, mean=3.0)
    # As logs (5, 5, 3, 3) before and (8, 9, 1, 1) after: what no component holds is the average of each training.
    new = flat((7.0, 8.0), scale=1.0, mean=1.0)

    [kept] = compare(old, new).kept

    assert kept.distance == pytest.approx((1.5**2 + 2**2 + 1 + 1) ** 0.5)


def test_a_new_and_a_retired_segment_name_the_nearest_of_the_other_model() -> None:
    old, new = flat((0, 0), (4, 0), ids="ab"), flat((0, 0), (4, 3), ids="ac")

    found = compare(old, new)

    assert [(one.nearest_id, one.distance) for one in found.new] == [("b", 3.0)]
    assert [(one.nearest_id, one.distance) for one in found.retired] == [("c", 3.0)]


def test_facts_of_both_trainings_stand_side_by_side() -> None:
    old = a_model(training={"silhouette": 0.4}, window_days=365)
    new = a_model(training={}, window_days=None, version="v2")

    found = compare(old, new)

    assert (found.old_silhouette, found.new_silhouette) == (0.4, None)
    assert (found.old_customers, found.new_customers) == (40, 40)
    assert (found.old_window_days, found.new_window_days) == (365, None)
    assert (found.old_version, found.new_version) == (old.version, "v2")


numbers = st.floats(-5, 5)
models = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8).map(lambda points: flat(*points, mean=1.0))


@given(models)
def test_a_model_beside_itself_has_not_moved(model: SegmentModel) -> None:
    found = compare(model, model)

    assert fates(found) == {"kept": [segment.id for segment in model.segments], "new": [], "retired": []}
    assert all(kept.distance == 0 and kept.old == kept.new for kept in found.kept)


@given(models, models)
def test_turned_round_new_is_retired_and_each_way_is_as_long(old: SegmentModel, new: SegmentModel) -> None:
    there, back = compare(old, new), compare(new, old)

    assert {one.id for one in there.new} == {one.id for one in back.retired}
    assert {k.id: k.distance for k in there.kept} == pytest.approx({k.id: k.distance for k in back.kept})
