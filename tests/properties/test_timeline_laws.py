"""Law: the day on which time alone moves a customer is the one that trying every day finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_store.scoring import DAYS_IN_TABLE, LOG, Scorer
from stream_app.core.timeline import next_day
from tests.builders import a_model
from tests.properties.worlds import EYE

LAST_TRIED = 1_500

recency = st.integers(0, 400)
coordinate = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 0.5, 1e-9, 1e-12]), st.floats(-3, 3, allow_nan=False))


def nearest(scores: list[int], weights: list[int], day: int) -> int:
    return min(range(len(scores)), key=lambda index: (scores[index] + weights[index] * LOG[day], index))


def first_other_day(scores: list[int], weights: list[int], day: int) -> int | None:
    now = nearest(scores, weights, day)
    return next((later for later in range(day + 1, LAST_TRIED) if nearest(scores, weights, later) != now), None)


def found_day(scores: list[int], weights: list[int], day: int) -> int | None:
    found = next_day(scores, weights, nearest(scores, weights, day), day)
    return found if found is not None and found < LAST_TRIED else None


@st.composite
def tied_scores(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Draw scores that meet exactly on a whole day, or miss each other by one."""
    weights = draw(st.lists(st.integers(-4, 4), min_size=2, max_size=6))
    meeting, base = LOG[draw(recency)], draw(st.integers(-(10**9), 10**9))
    return [base - weight * meeting + draw(st.integers(-1, 1)) for weight in weights], weights


@given(tied_scores(), recency)
def test_next_day_is_exact_on_ties(tied: tuple[list[int], list[int]], day: int) -> None:
    scores, weights = tied

    assert found_day(scores, weights, day) == first_other_day(scores, weights, day)


@given(
    st.lists(st.tuples(coordinate, coordinate, coordinate, coordinate), min_size=1, max_size=8),
    st.booleans(),
    st.tuples(st.integers(0, 300), st.integers(0, 10**9), st.integers(0, 2_000)),
    recency,
)
def test_next_day_is_right_for_any_model(
    centroids: list[tuple[float, ...]], has_twins: bool, rest: tuple[int, int, int], day: int
) -> None:
    rows = [*centroids, centroids[0]] if has_twins else centroids
    scorer = Scorer(a_model(centroids=tuple(rows[:8]), pca_components=EYE))
    scores = scorer.without_recency(*rest)

    assert found_day(scores, scorer.recency_weights, day) == first_other_day(scores, scorer.recency_weights, day)


@given(tied_scores(), st.integers(DAYS_IN_TABLE - 3, DAYS_IN_TABLE + 3))
def test_after_a_hundred_years_nothing_is_planned(tied: tuple[list[int], list[int]], day: int) -> None:
    scores, weights = tied
    today = min(day, DAYS_IN_TABLE - 1)

    found = next_day(scores, weights, nearest(scores, weights, today), day)

    later = [d for d in range(day + 1, DAYS_IN_TABLE) if nearest(scores, weights, d) != nearest(scores, weights, today)]
    assert found == (later[0] if later else None)
