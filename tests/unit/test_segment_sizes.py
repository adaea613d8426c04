"""`segstream segments`: two days' figures side by side."""

from __future__ import annotations

from datetime import date

from stream_app.segments import Size, Sizes, size_lines, sizes_of
from stream_app.statistics import SegmentTotals
from tests.builders import a_model

DAYS = date(2025, 6, 30), date(2025, 5, 31)
NOW = {
    "": SegmentTotals(7, 0),
    "s1": SegmentTotals(30, 9_000_000),
    "s2": SegmentTotals(10, 3_000_000),
    "s9": SegmentTotals(0, 0),
}
THEN = {"s1": SegmentTotals(34, 9_500_000), "s2": SegmentTotals(0, 0)}


def seen(now: dict[str, SegmentTotals] = NOW, then: dict[str, SegmentTotals] = THEN) -> Sizes:
    return sizes_of(a_model().segments, now, then, DAYS, "EUR")


def test_shares_are_of_those_who_are_in_a_segment() -> None:
    sizes = seen()

    assert (sizes.customers, sizes.lapsed, sizes.revenue) == (40, 7, 1_200.0)
    assert [each.id for each in sizes.segments] == ["s1", "s2", "s3", "s4"]
    assert [each.customer_share for each in sizes.segments] == [0.75, 0.25, 0, 0]
    assert [each.revenue_share for each in sizes.segments] == [0.75, 0.25, 0, 0]


def test_a_segment_that_was_empty_is_known_to_have_been() -> None:
    assert [each.earlier for each in seen().segments[:2]] == [Size(34, 950.0), Size(0, 0.0)]


def test_an_earlier_day_that_is_not_known_is_said_to_be_so() -> None:
    sizes = seen(then={})

    assert {each.earlier for each in sizes.segments} == {None}
    assert next(size_lines(sizes)) == "40 customers in segments on 2025-06-30, 2025-05-31 is not known"


def test_who_is_still_in_a_segment_of_the_model_before_is_not_left_out() -> None:
    sizes = seen(NOW | {"s9": SegmentTotals(5, 10_000)})

    assert sizes.customers == 45
    assert sizes.segments[-1].name == "s9"


def test_people_read_the_largest_segment_first_and_what_became_of_it() -> None:
    lines = list(size_lines(seen()))

    assert lines[0] == "40 customers in segments on 2025-06-30, beside 2025-05-31"
    assert lines[2].split() == ["Champions", "30", "75.0%", "-4", "900.00", "75.0%", "-50.00"]
    assert lines[-1] == "Revenue in EUR. Lapsed: 7."
