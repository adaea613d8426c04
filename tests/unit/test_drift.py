"""How far a population is from the one that a model learned from, and in which words."""

from __future__ import annotations

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from model_store.drift import Census, baseline_of, psi
from model_store.errors import ModelRefused
from model_store.segment_model import Baseline, SegmentModel, decode, encode
from stream_app.drift import Drift, drift_lines, verdict
from stream_app.worker.census import PAUSE_SECONDS, SAMPLE, LaneCensus
from tests.builders import a_model

ROWS = [(float(n), 1.0 + n % 3, 10.0 * n, 5.0) for n in range(100)]


def a_drifting_model(rows: list[tuple[float, ...]] = ROWS) -> SegmentModel:
    return replace(a_model(), baseline=baseline_of([list(column) for column in zip(*rows, strict=True)]))


def counted(model: SegmentModel, rows: list[tuple[float, ...]]) -> Census:
    census = Census(model)
    for place, row in enumerate(rows):
        census.add(model.segments[place % len(model.segments)].id, row)
    return census


def test_the_index_is_the_sum_of_the_text_books() -> None:
    assert psi([0.5, 0.5], [0.4, 0.6]) == pytest.approx(-0.1 * log(0.8) + 0.1 * log(1.2))


shares = st.lists(st.integers(0, 1_000), min_size=5, max_size=5).filter(any).map(lambda n: [x / sum(n) for x in n])


@given(shares, shares)
def test_the_index_is_never_below_0_and_0_for_the_same(expected: list[float], actual: list[float]) -> None:
    assert psi(expected, actual) >= 0
    assert psi(expected, expected) == 0


def test_the_customers_of_the_training_do_not_drift() -> None:
    model = a_drifting_model()

    assert set(counted(model, ROWS).drift().values()) == {0.0}


def test_who_buys_less_shows_in_the_feature_that_changed_and_in_no_other() -> None:
    model = a_drifting_model()

    found = counted(
        model, [(days, frequency, money / 5, products) for days, frequency, money, products in ROWS]
    ).drift()

    assert found["monetary"] > 0.25
    assert {name for name, index in found.items() if index} == {"monetary"}


def test_counts_of_partitions_add_up() -> None:
    model = a_drifting_model()
    halves = [counted(model, ROWS[:60]), counted(model, ROWS[60:])]

    halves[0].merge(halves[1])

    assert halves[0].drift() == counted(model, ROWS).drift()
    assert halves[0].customers == 100


@given(st.lists(st.integers(0, 9), min_size=1))
def test_a_baseline_counts_everybody_and_has_no_empty_part_below(column: list[int]) -> None:
    found = baseline_of([[float(value) for value in column]])

    (edges,), (parts,) = found.edges, found.shares
    assert list(edges) == sorted(set(edges))
    assert len(parts) == len(edges) + 1
    assert sum(parts) == pytest.approx(1)
    assert all(part > 0 for part in parts)


def test_a_model_without_a_baseline_still_says_how_its_segments_changed() -> None:
    assert set(counted(a_model(), ROWS).drift()) == {"segments"}


@pytest.mark.parametrize(
    "baseline",
    [
        Baseline(edges=((1.0,),) * 4, shares=((1.0,),) * 4),
        Baseline(edges=((2.0, 1.0),) * 4, shares=((0.3, 0.3, 0.4),) * 4),
        Baseline(edges=((1.0,),) * 3, shares=((0.5, 0.5),) * 3),
    ],
)
def test_a_baseline_that_does_not_fit_is_refused(baseline: Baseline) -> None:
    with pytest.raises(ModelRefused):
        encode(replace(a_model(), baseline=baseline))


def test_a_baseline_survives_the_file() -> None:
    assert decode(encode(a_drifting_model())) == a_drifting_model()


def test_a_partition_is_counted_from_its_first_slice_on_and_then_rests() -> None:
    model, census = a_drifting_model(), LaneCensus()
    shown = [[b"s1", b"2025-01-01T00:00:00Z", b"1", b"10.5", b"2"], [b"", b"", b"0", b"0", b"0"]]

    assert census.stride(model, 1_000, 3_000) == 0, "the middle of a walk is no beginning"
    assert census.stride(model, 0, 3_000) == 1
    census.take(shown, 1_735_776_000_000_000, is_last=False)
    assert census.finished is None
    census.take(shown, 1_735_776_000_000_000, is_last=True)

    assert census.finished is not None
    assert census.finished.customers == 2, "who is in no segment is not counted"
    assert census.stride(model, 0, 3_000) == 0, f"it rests for {PAUSE_SECONDS} seconds"
    assert LaneCensus().stride(model, 0, SAMPLE * 7) == 7


def test_another_model_drops_what_was_begun() -> None:
    census = LaneCensus()
    census.stride(a_drifting_model(), 0, 3_000)

    assert census.stride(a_drifting_model(), 1_000, 3_000) == 0


def test_the_words_say_what_to_do() -> None:
    psi_found = {"recency_days": 0.02, "monetary": 0.3, "segments": 0.15}
    seen = Drift("v1", 4_312, 0.004, psi_found, {name: verdict(index) for name, index in psi_found.items()}, True)

    said = list(drift_lines(seen))

    assert [line.split()[-1] for line in said if "  " in line] == ["retrain", "stable", "watch"]
    assert "Chance alone makes 0.004" in said[-1]
