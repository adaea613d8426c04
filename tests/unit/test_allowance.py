"""How many may be taken now, of what is allowed a second and what is granted on top of it."""

from __future__ import annotations

from stream_app.worker.allowance import Allowance


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_never_more_than_one_seconds_may_be_taken_of_what_time_gives() -> None:
    seconds = Seconds()
    allowance = Allowance(10, seconds)

    seconds.now = 0.5
    early = allowance.left()
    seconds.now = 60.0

    assert (early, allowance.left()) == (5, 10)


def test_what_is_granted_comes_on_top_is_kept_until_it_is_used_and_used_up_once() -> None:
    seconds = Seconds()
    allowance = Allowance(10, seconds)
    seconds.now = 1.0

    allowance.grant(500, 1_000)
    before = [allowance.left(), allowance.left()]
    allowance.take(300)
    between = allowance.left()
    allowance.take(205)

    assert before == [510, 510]
    assert (between, allowance.left()) == (210, 5)


def test_no_more_is_granted_than_there_is_to_take() -> None:
    allowance = Allowance(10, Seconds())

    for _ in range(5):
        allowance.grant(40, 50)

    assert allowance.left() == 50


def test_a_follower_at_a_pace_keeps_up_with_a_shop_that_is_ten_times_as_fast() -> None:
    seconds = Seconds()
    allowance, behind = Allowance(2_000, seconds), 10_000

    for turn in range(1, 101):
        seconds.now = turn * 0.1
        behind += 2_000
        allowance.grant(2_000, behind)
        taken = min(allowance.left(), behind)
        allowance.take(taken)
        behind -= taken

    assert behind == 0
