"""Models of a shop, trained month after month: customers keep the id of their segment wherever the data allow it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from model_store.segment_model import SegmentModel
from stream_app.history.history import History
from stream_app.history.reading import open_history
from trainer.features import features
from trainer.fit import Labels, feature_matrix, fit_clusters, fit_space
from trainer.lineage import assign, migration
from trainer.selection import AUTO, KRange
from trainer.train import TrainingPlan, learn

VARIABLE = "SEGSTREAM_UCI_PARQUET"
TRAINED_AT = datetime(2026, 11, 22, tzinfo=UTC)
MONTHS = [int(datetime(2011, month, 1, tzinfo=UTC).timestamp()) * 1_000_000 for month in range(7, 13)]
"""The first of July to December 2011."""
IS_LONG = "SEGSTREAM_PROVE" in os.environ
FEW = KRange(3, 5)
CHOSEN = AUTO if IS_LONG else FEW
KS: dict[str, tuple[int | KRange, float]] = {"4": (4, 0.91)}
if IS_LONG:
    KS |= {"5": (5, 0.85), "auto": (AUTO, 0.66), "3-5": (FEW, 0.82)}


@pytest.fixture(scope="module")
def retail() -> Iterator[History]:
    path = os.environ.get(VARIABLE)
    if not path:
        missing = f"{VARIABLE} does not name the UCI Online Retail data (doi 10.24432/C5BW33)."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with open_history(Path(path), "online-retail") as history:
        yield history


def a_month(retail: History, as_of_us: int, k: int | KRange, champion: SegmentModel | None) -> SegmentModel:
    plan = TrainingPlan(Path("retail"), "online-retail", k=k, window_days=None, as_of_us=as_of_us, champion=champion)
    return learn(retail, plan, trained_at=TRAINED_AT)


@pytest.fixture(scope="module")
def months(retail: History) -> Callable[[int | KRange], list[SegmentModel]]:
    """Return what trains six models, each of which goes on with the one before; once for each k."""

    @cache
    def train(k: int | KRange) -> list[SegmentModel]:
        models: list[SegmentModel] = []
        for as_of_us in MONTHS:
            models.append(a_month(retail, as_of_us, k, models[-1] if models else None))
        return models

    return train


def share_that_keep_their_id(retail: History, before: SegmentModel, after: SegmentModel, as_of_us: int) -> float:
    matrix = feature_matrix(features(retail, as_of_us=as_of_us, window_us=None))
    old, new = ([model.segments[place].id for place in assign(model, matrix)] for model in (before, after))
    return float(np.mean([a == b for a, b in zip(old, new, strict=True)]))


def best_of_all_renumberings(retail: History, before: SegmentModel, after: SegmentModel, as_of_us: int) -> float:
    matrix = feature_matrix(features(retail, as_of_us=as_of_us, window_us=None))
    moves = migration(assign(before, matrix), assign(after, matrix), len(before.segments), len(after.segments))
    return float(moves[linear_sum_assignment(moves, maximize=True)].sum() / len(matrix))


@pytest.mark.parametrize(("k", "least"), KS.values(), ids=KS)
def test_matched_ids_are_kept_by_as_many_customers_as_any_renumbering_could_reach(
    retail: History, months: Callable[[int | KRange], list[SegmentModel]], k: int | KRange, least: float
) -> None:
    models = months(k)

    steps = list(zip(pairwise(models), MONTHS[1:], strict=True))
    kept = [share_that_keep_their_id(retail, *pair, day) for pair, day in steps]
    best = [best_of_all_renumberings(retail, *pair, day) for pair, day in steps]

    assert kept == pytest.approx(best, abs=1e-12)
    assert min(kept) > least
    assert kept == pytest.approx([model.training["keep_their_id"] for model in models[1:]])


@pytest.mark.long
def test_an_id_ends_with_a_segment_that_fell_apart_although_some_of_it_could_have_kept_it(
    retail: History, months: Callable[[int | KRange], list[SegmentModel]]
) -> None:
    steps = list(zip(pairwise(months(8)), MONTHS[1:], strict=True))

    kept = [share_that_keep_their_id(retail, *pair, day) for pair, day in steps]
    could = [best_of_all_renumberings(retail, *pair, day) for pair, day in steps]
    before, after = steps[2][0]
    ended = {segment.id for segment in before.segments} - {segment.id for segment in after.segments}

    assert [round(best - own, 4) for own, best in zip(kept, could, strict=True)] == [0, 0, 0.0196, 0, 0]
    (fate,) = [fate for fate in after.lineage if fate.id in ended]
    assert (fate.fate, fate.before, fate.shared) == ("merged", 360, 230)


def test_the_numbers_that_k_means_gives_are_kept_by_few(retail: History) -> None:
    def numbers(as_of_us: int, of_us: int) -> Labels:
        """Return the clusters, as K-Means numbers them, of one model for the customers of another day."""
        space = fit_space(matrices[as_of_us], seed=42)
        return fit_clusters(space.points, 4, seed=42).nearest(space.place(matrices[of_us]))

    matrices = {day: feature_matrix(features(retail, as_of_us=day, window_us=None)) for day in MONTHS}

    raw = [float(np.mean(numbers(before, day) == numbers(day, day))) for before, day in pairwise(MONTHS)]

    assert sorted(round(share, 2) for share in raw) == [0.03, 0.17, 0.32, 0.48, 0.93]


@pytest.mark.parametrize("k", [4, pytest.param(CHOSEN, marks=pytest.mark.long)], ids=str)
def test_no_id_comes_back_with_another_meaning(
    months: Callable[[int | KRange], list[SegmentModel]], k: int | KRange
) -> None:
    models = months(k)

    for before, after in pairwise(models):
        alive = {segment.id for segment in after.segments}
        assert alive.isdisjoint(after.retired_ids)
        assert {segment.id for segment in before.segments} <= alive | set(after.retired_ids)
        assert set(before.retired_ids) <= set(after.retired_ids)
