"""Laws: at the end of every day the figures are what a recount of everything dated up to it finds."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from stream_app.core.state_record import read_header
from stream_app.core.statistics import (
    DAY_PREFIX,
    TOTALS,
    Fields,
    add_fields,
    by_segment,
    decode_fields,
    name_of,
    standing_of,
    step_of,
    totals_before,
)
from tests.driver import Driver
from tests.driver import step_of as step_of_change
from tests.oracle import DAY, judge_eras, totals_at
from tests.properties.switches import Promoted, at_once, eras_of, in_pieces, play, promotions
from tests.properties.worlds import World

seeds = st.integers(0, 2**64 - 1)


def days_of(driver: Driver) -> dict[str, Fields]:
    return {name: decode_fields(record) for name, record in driver.figures.items() if name != TOTALS}


def totals_of(driver: Driver) -> Fields:
    return decode_fields(driver.figures.get(TOTALS, b"{}"))


def without_nothing(totals: Fields) -> dict[str, tuple[int, int]]:
    """Return the segments that have somebody, or money."""
    return {id_: (each.customers, each.monetary) for id_, each in by_segment(totals).items() if any(each)}


@given(promotions(), seeds)
def test_totals_of_every_day_equal_a_recount(drawn: tuple[World, list[Promoted]], seed: int) -> None:
    world, promoted = drawn

    driver = play(world, promoted, in_pieces, seed)

    judged = judge_eras(world.log, world.window, eras_of(world, promoted))
    dates = {evaluation.at // DAY for mine in judged.values() for evaluation, _ in mine}
    days = days_of(driver)
    for day in {date + more for date in dates for more in (-1, 0, 1)}:
        later = [fields for name, fields in days.items() if name > name_of(day)]
        found = without_nothing(totals_before(totals_of(driver), later))
        assert found == totals_at(judged, (day + 1) * DAY - 1)


@given(promotions(), seeds)
def test_migrations_of_every_day_are_the_published_changes(drawn: tuple[World, list[Promoted]], seed: int) -> None:
    driver = play(*drawn, in_pieces, seed)

    published = Counter(
        (name_of(step.as_of // DAY), step.came_from or "", step.to or "", step.cause)
        for changes in driver.changes.values()
        for step in map(step_of_change, changes)
    )
    counted = {
        (name, *step_of(field)): number
        for name, fields in days_of(driver).items()
        for field, number in fields.items()
        if field.startswith("moved:")
    }
    assert counted == published
    assert all(name.startswith(DAY_PREFIX) for name in days_of(driver))


@given(promotions(), seeds)
def test_chunks_never_show_in_the_figures(drawn: tuple[World, list[Promoted]], seed: int) -> None:
    whole, pieces = (play(*drawn, pace, seed) for pace in (at_once, in_pieces))

    assert pieces.figures == whole.figures


@given(promotions(), seeds)
def test_totals_are_what_the_customers_add_up_to(drawn: tuple[World, list[Promoted]], seed: int) -> None:
    driver = play(*drawn, in_pieces, seed)

    counted: Fields = {}
    for record in driver.states.values():
        add_fields(counted, standing_of(read_header(record)))
    assert without_nothing(counted) == without_nothing(totals_of(driver))
