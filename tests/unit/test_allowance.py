"""How many may be taken now, of what is allowed a second and what is granted on top of it."""

from __future__ import annotations

from stream_app.worker.allowance import Allowance


def test_what_is_granted_comes_on_top_and_is_used_up_once() -> None:
    allowance = Allowance(1_000_000_000)
    allowance.take(3_000_000_000)
    before = allowance.left()

    allowance.grant(2_000_000_000)

    assert allowance.left() >= before + 2_000_000_000
    assert allowance.left() <= 1_000_000_000


def test_never_more_than_one_seconds_may_be_taken() -> None:
    allowance = Allowance(10)

    allowance.grant(500)

    assert allowance.left() == 10
