"""How many customers ride along with a chunk: as many as fit the time that an order may wait."""

from __future__ import annotations

import pytest

from stream_app.worker.pace import BUSY_SECONDS, LEAST, Pace


def settled(pace: Pace, seconds_per_customer: float, *, is_busy: bool = True) -> int:
    """Let a pace meet a machine on which each customer takes so long, and return what it comes to."""
    for _ in range(100):
        budget = pace.budget(is_busy=is_busy)
        pace.took(budget * seconds_per_customer, is_busy=is_busy, is_full=True)
    return pace.budget(is_busy=is_busy)


@pytest.mark.parametrize("seconds_per_customer", [2e-4, 5e-4, 1e-3])
def test_a_chunk_of_orders_comes_to_about_the_time_that_it_may_take(seconds_per_customer: float) -> None:
    found = settled(Pace(500, 5_000), seconds_per_customer) * seconds_per_customer

    assert 0.6 * BUSY_SECONDS < found < 1.2 * BUSY_SECONDS


def test_a_slow_machine_still_serves_some_and_a_fast_one_no_more_than_the_most() -> None:
    assert settled(Pace(500, 5_000), 1.0) == LEAST
    assert settled(Pace(500, 5_000), 1e-9) == 500
    assert settled(Pace(7, 7), 1.0) == 7


def test_chunks_without_orders_have_a_pace_of_their_own() -> None:
    pace = Pace(500, 5_000)

    settled(pace, 1.0, is_busy=True)

    assert pace.budget(is_busy=False) == 5_000


def test_a_chunk_that_served_all_there_were_teaches_nothing() -> None:
    pace = Pace(500, 5_000)
    before = pace.budget(is_busy=True)

    pace.took(10.0, is_busy=True, is_full=False)

    assert pace.budget(is_busy=True) == before
