"""What the demo says of one change, and how it lets time pass."""

from __future__ import annotations

from typing import Any

import pytest

from stream_app.contract.segment_change import ChangeMessage
from stream_app.core.instants import DAY_US
from stream_app.demo.drawing.snapshot import QUIET_DAYS
from stream_app.demo.feed import move_of
from stream_app.demo.quiet import HURRIED_DAYS, WEEK_DAYS, quiet_instants

LOYAL, AT_RISK = {"id": "s1", "name": "Loyal"}, {"id": "s4", "name": "At risk"}


def a_change(**changes: Any) -> ChangeMessage:
    fields: dict[str, Any] = {
        "event_id": "e", "customer_id": "77", "sequence": 3, "from_": LOYAL, "to": AT_RISK, "cause": "aging",
        "as_of": "2018-03-14T00:00:00Z", "features": {"before": None, "after": {"recency_days": 74}},
        "model_version": "m", "margin": 0.1, "valid_until": None, "source": None, "replay": False,
    }  # fmt: skip
    return ChangeMessage(**fields | changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (a_change(), "household 77 has not bought for 74 days: Loyal → At risk"),
        (a_change(cause="expiry"), "household 77 loses an order of a year ago: Loyal → At risk"),
        (
            a_change(cause="expiry", to=None, features={"before": None, "after": None}),
            "household 77 has not bought for a year: Loyal → lapsed",
        ),
        (a_change(cause="order"), "household 77: Loyal → At risk, because of order O7"),
        (a_change(replay=True, sequence=1, from_=None, cause="order"), "household 77: first seen → At risk, "),
        (a_change(replay=True), "household 77: Loyal → At risk, from history"),
    ],
)
def test_a_move_says_in_plain_words_what_time_did(change: ChangeMessage, sentence: str) -> None:
    assert move_of(change, "O7" if change.cause == "order" else None).sentence.startswith(sentence)


@pytest.mark.parametrize("step_days", [WEEK_DAYS, HURRIED_DAYS])
def test_both_paces_end_with_the_same_day(step_days: int) -> None:
    instants = list(quiet_instants(1_000, step_days))

    assert instants[-1] == 1_000 + QUIET_DAYS * DAY_US
    assert instants == sorted(set(instants))
