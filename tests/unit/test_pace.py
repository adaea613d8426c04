"""How many customers ride along with a chunk: as many as fit the time that an order may wait."""

from __future__ import annotations

import pytest

from stream_app.worker.pace import BUSY_SECONDS, FIRST, IDLE_SECONDS, LEAST, QUIET_SECONDS, Pace


class Machine:
    """A clock that a test moves."""

    def __init__(self, seconds_per_customer: float) -> None:
        self.seconds = 100.0
        self.pace = Pace(500, 5_000, lambda: self.seconds)
        self._each = seconds_per_customer

    def chunk(self, *, has_orders: bool, is_full: bool = True) -> int:
        """Play a chunk whose partition has more customers than it may serve; return how many it served."""
        budget = self.pace.begin(has_orders=has_orders)
        self.seconds += budget * self._each
        self.pace.end(is_full=is_full)
        return budget

    def settled(self, *, has_orders: bool) -> int:
        return [self.chunk(has_orders=has_orders) for _ in range(60)][-1]


@pytest.mark.parametrize("seconds_per_customer", [2e-4, 5e-4, 1e-3])
def test_a_chunk_comes_to_the_time_that_it_may_take(seconds_per_customer: float) -> None:
    busy, idle = Machine(seconds_per_customer), Machine(seconds_per_customer)

    assert busy.settled(has_orders=True) * seconds_per_customer == pytest.approx(BUSY_SECONDS, rel=0.05)
    assert idle.settled(has_orders=False) * seconds_per_customer == pytest.approx(IDLE_SECONDS, rel=0.05)


def test_a_slow_machine_still_serves_some_and_a_fast_one_no_more_than_the_most() -> None:
    assert Machine(1.0).settled(has_orders=True) == LEAST
    assert Machine(1e-9).settled(has_orders=True) == 500
    assert Machine(1e-9).settled(has_orders=False) == 5_000


def test_a_chunk_between_two_orders_is_as_short_as_one_with_orders() -> None:
    machine = Machine(1e-4)
    machine.settled(has_orders=False)

    machine.chunk(has_orders=True)
    between = machine.chunk(has_orders=False)
    machine.seconds += QUIET_SECONDS
    afterwards = machine.chunk(has_orders=False)

    assert between <= 500 < afterwards


def test_the_first_chunk_of_a_backlog_is_short() -> None:
    assert Machine(1e-4).chunk(has_orders=False) == FIRST


def test_a_chunk_that_served_all_there_were_teaches_nothing() -> None:
    machine = Machine(1.0)

    machine.chunk(has_orders=True, is_full=False)

    assert machine.chunk(has_orders=True) == FIRST
