"""What the report draws: marks lie where the scale says, words stay inside the drawing."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_candidate, a_model
from tests.drawn import numbers, of_kind, parsed, words
from tests.shops import a_matrix
from trainer.report.bins import Bins
from trainer.report.charts import bars as bar_chart
from trainer.report.charts import curves, histogram, scatter
from trainer.report.charts.bars import Bar, Group, bars
from trainer.report.charts.curves import Curve, curve
from trainer.report.charts.scale import Scale, rounded_up
from trainer.report.evidence import gather
from trainer.selection import choose

NAMES = ("Champions", "Loyal", "Promising", "New")


@given(st.floats(-1e6, 1e6), st.floats(1e-2, 1e6))
def test_ticks_of_a_straight_axis_are_few_and_one_round_step_apart(first: float, span: float) -> None:
    scale = Scale(first, first + span, 0, 100)

    ticks = scale.ticks(5)

    steps = {f"{right - left:.3g}" for left, right in pairwise(ticks)}
    assert 1 <= len(ticks) <= 6
    assert len(steps) <= 1
    assert {f"{float(step):.2e}"[:4] for step in steps} <= {"1.00", "2.00", "5.00"}
    assert all(-0.001 <= scale.at(tick) <= 100.001 for tick in ticks)


def test_ticks_of_a_logarithmic_axis_are_powers_of_ten_where_it_is_long() -> None:
    assert Scale(0, 280_000, 0, 100, is_log=True).ticks() == (0, 1, 10, 100, 1_000, 10_000, 100_000)
    assert Scale(0.5, 12.5, 0, 100, is_log=True).ticks() == (1, 2, 5, 10)


@given(st.floats(1e-6, 1e9))
def test_an_axis_ends_at_or_above_what_it_shows_and_not_far_above(value: float) -> None:
    assert value <= rounded_up(value) * (1 + 1e-6)
    assert rounded_up(value) <= 2 * value * (1 + 1e-6)


def test_the_bars_of_a_histogram_have_the_area_of_their_customers() -> None:
    # Given bins of different width
    found = Bins((0.0, 1.0, 3.0, 10.0), (30, 60, 10))

    root = parsed(histogram.histogram(found, 2.0, "Orders", is_log=False))

    drawn = [numbers(bar, "x", "height") for bar in of_kind(root, "rect", "bar")]
    scale = Scale(0, 10, histogram.LEFT, histogram.RIGHT)
    areas = [height * (scale.at(right) - scale.at(left)) for (_, height), (left, right) in zip(
        drawn, [(0, 1), (1, 3), (3, 10)], strict=True
    )]  # fmt: skip
    assert [x for x, _ in drawn] == pytest.approx([scale.at(left) for left in (0, 1, 3)], abs=0.01)
    assert [area / sum(areas) for area in areas] == pytest.approx([0.3, 0.6, 0.1], abs=0.005)


def test_a_bin_without_customers_is_not_drawn() -> None:
    root = parsed(histogram.histogram(Bins((0.0, 1.0, 2.0, 3.0), (5, 0, 1)), 0.5, "Orders", is_log=False))

    assert len(of_kind(root, "rect", "bar")) == 2


def test_the_median_is_marked_where_it_lies_on_the_logarithm() -> None:
    root = parsed(histogram.histogram(Bins((0.0, 9.0, 99.0), (5, 5)), 9.0, "Orders", is_log=True))

    (mark,) = of_kind(root, "line", "mark")
    middle = (histogram.LEFT + histogram.RIGHT) / 2
    assert numbers(mark, "x1", "x2") == pytest.approx((middle, middle), abs=0.01)


def test_every_customer_of_the_sample_is_a_dot_where_the_scales_say() -> None:
    cloud = gather(a_model(), a_matrix(200), None, seed=42).cloud

    root = parsed(scatter.scatter(cloud, NAMES, (0.7, 0.2)))

    across, up = scatter.scales(cloud)
    drawn = [
        sorted((float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h0", path.attrib["d"]))
        for path in of_kind(root, "path", "dots")
    ]
    for place, dots in enumerate(drawn):
        meant = sorted(
            (round(across.at(x), 1), round(up.at(y), 1))
            for x, y, segment in zip(cloud.x, cloud.y, cloud.segments, strict=True)
            if segment == place
        )
        assert dots == meant
    assert sum(map(len, drawn)) == 200


def test_centroids_are_marked_and_named() -> None:
    cloud = gather(a_model(), a_matrix(200), None, seed=42).cloud

    root = parsed(scatter.scatter(cloud, NAMES, (0.701, 0.159)))

    across, up = scatter.scales(cloud)
    marks = [numbers(mark, "cx", "cy") for mark in of_kind(root, "circle", "centroid")]
    for mark, (x, y) in zip(marks, cloud.centroids, strict=True):
        assert mark == pytest.approx((across.at(x), up.at(y)), abs=0.01)
    assert [name.text for name in of_kind(root, "text", "name")] == list(NAMES)
    assert "1st component: 70.1% of the variance" in words(root)


def test_names_of_neighbouring_centroids_do_not_cover_each_other() -> None:
    # Given nine centroids on a line, so close that their names would lie on each other
    crowd = tuple((n / 5, 0.0) for n in range(9))
    cloud = gather(a_model(centroids=((0.0, 0.0),)), a_matrix(200), None, seed=42).cloud

    drawn = parsed(scatter.scatter(replace(cloud, centroids=crowd), ["Potential loyalists"] * 9, (0.7, 0.2)))

    names = of_kind(drawn, "text", "name")

    placed = [(*numbers(name, "x", "y"), len(name.text or "") * scatter.LETTER / 2) for name in names]
    for n, (x, y, half) in enumerate(placed):
        for other_x, other_y, other_half in placed[:n]:
            assert abs(x - other_x) >= half + other_half - 0.1 or abs(y - other_y) >= scatter.LINE - 0.1


def test_one_component_is_drawn_without_numbers_on_the_other_axis() -> None:
    model = a_model(pca_components=((-0.36, 0.54, 0.56, 0.51),), centroids=((2.2,), (0.6,), (-0.9,), (-1.9,)))
    cloud = gather(model, a_matrix(50), None, seed=42).cloud

    text = words(parsed(scatter.scatter(cloud, NAMES, (0.7,))))

    assert "by chance" in text
    assert "2nd component" not in text


def test_the_chosen_k_is_marked_on_the_curve_and_failing_ones_are_hollow() -> None:
    candidates, _ = choose([a_candidate(2), a_candidate(3), a_candidate(4, stability=0.5)])
    found = Curve("Stability", tuple(c.stability for c in candidates), 0.8, last=1.0)

    root = parsed(curve(found, candidates))

    chosen = next(c for c in candidates if c.is_chosen)
    across, up = curves.scales(found, candidates)
    (dot,) = of_kind(root, "circle", "chosen")
    assert numbers(dot, "cx", "cy") == pytest.approx((across.at(chosen.k), up.at(chosen.stability)), abs=0.01)
    (hollow,) = of_kind(root, "circle", "hollow")
    assert numbers(hollow, "cx", "cy") == pytest.approx((across.at(4), up.at(0.5)), abs=0.01)
    assert f"k = {chosen.k} chosen: 0.950" in words(root)


def test_a_curve_below_zero_stays_on_its_axis() -> None:
    candidates, _ = choose([a_candidate(2, silhouette=-0.2), a_candidate(3), a_candidate(4)])

    root = parsed(curve(Curve("Silhouette", tuple(c.silhouette for c in candidates)), candidates))

    assert all(curves.TOP <= numbers(dot, "cy")[0] <= curves.BOTTOM for dot in of_kind(root, "circle"))


def test_bars_are_as_long_as_their_share() -> None:
    groups = [Group("Champions", (Bar(0.1, "10%"), Bar(0.5, "50%"))), Group("New", (Bar(None, "nobody"),))]

    root = parsed(bars(groups, "Shares", mark=Bar(0.25, "all: 25%")))

    scale = Scale(0, 0.5, bar_chart.LEFT, bar_chart.RIGHT)
    assert [numbers(bar, "width")[0] for bar in of_kind(root, "rect")] == pytest.approx(
        [scale.at(0.1), scale.at(0.5), 0], abs=0.01
    )
    (mark,) = of_kind(root, "line", "over")
    assert numbers(mark, "x1")[0] == pytest.approx(scale.at(0.25), abs=0.01)
