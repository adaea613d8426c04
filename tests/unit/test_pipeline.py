"""One partition's chunk: what an order, a return, a correction, history and time lead to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stream_app.contract.dead_letter import Code
from stream_app.core.state_record import decode_customer, read_header
from tests.builders import a_driver, a_fact, a_log, a_model_of_recency, a_record, a_tick, an_instant, days
from tests.driver import Driver
from tests.oracle import DAY, Fact

START = an_instant("2025-01-01T00:00:00Z")
BY_RECENCY = a_model_of_recency(0.0, 2.0, 5.0)
"""s1 up to a day after the last purchase, s2 from the second day on, s3 from the 33rd."""


def at(number: float) -> int:
    return START + days(number)


def steps(driver: Driver, customer_id: str = "C1") -> list[tuple[str, str | None, str]]:
    """Return each change as its instant, the segment it led to and its cause."""
    changes = [json.loads(change) for change in driver.changes.get(customer_id, [])]
    return [(change["as_of"], change["to"] and change["to"]["id"], change["cause"]) for change in changes]


def ran(*facts: Fact, **changes: Any) -> Driver:
    driver = a_driver(model=BY_RECENCY, **changes)
    driver.run(a_log(facts))
    driver.settle()
    return driver


def test_time_alone_moves_a_customer_to_the_second() -> None:
    driver = ran(a_fact(at(0)), Fact(at=at(400)))

    assert steps(driver) == [
        ("2025-01-01T00:00:00Z", "s1", "order"),
        ("2025-01-03T00:00:00Z", "s2", "aging"),
        ("2025-02-03T00:00:00Z", "s3", "aging"),
        ("2026-01-01T00:00:00Z", None, "expiry"),
    ]


def test_without_a_window_nobody_lapses() -> None:
    assert [to for _, to, _ in steps(ran(a_fact(at(0)), Fact(at=at(40_000)), window_days=None))] == ["s1", "s2", "s3"]


def test_a_customer_after_the_last_boundary_is_never_due() -> None:
    driver = ran(a_fact(at(0)), Fact(at=at(40)), window_days=None)

    assert driver.due == {}
    assert json.loads(driver.changes["C1"][-1])["valid_until"] is None


def test_an_order_of_today_brings_a_customer_back() -> None:
    driver = ran(a_fact(at(0)), a_fact(at(10), "O2"))

    assert steps(driver)[1:] == [("2025-01-03T00:00:00Z", "s2", "aging"), ("2025-01-11T00:00:00Z", "s1", "order")]


def test_a_boundary_comes_before_a_record_at_the_same_instant() -> None:
    driver = ran(a_fact(at(0)), a_fact(at(2), "O2"))

    assert steps(driver)[1:] == [("2025-01-03T00:00:00Z", "s2", "aging"), ("2025-01-03T00:00:00Z", "s1", "order")]


def test_a_late_order_is_scored_at_the_clock_not_at_its_own_time() -> None:
    driver = ran(a_fact(at(10), customer="C2"), a_fact(at(9)))

    assert steps(driver) == [("2025-01-11T00:00:00Z", "s1", "order")]


def test_an_order_whose_window_is_over_has_no_effect() -> None:
    driver = a_driver(model=BY_RECENCY)

    outcome = driver.run(a_log([Fact(at=at(366)), a_fact(at(1))]))

    assert outcome.counts == {"tick": 1, "expired": 1}
    assert driver.states == {}
    assert driver.progress.customers == 0


def test_a_whole_return_takes_the_customer_out_of_every_segment() -> None:
    driver = ran(a_fact(at(0)), a_fact(at(1), "R1", is_return=True, returns="O1"))

    assert steps(driver)[1:] == [("2025-01-02T00:00:00Z", None, "return")]


def test_a_cancellation_is_a_correction() -> None:
    driver = ran(a_fact(at(0)), a_fact(at(0), revision=1, lines=()))

    assert steps(driver)[1:] == [("2025-01-01T00:00:00Z", None, "correction")]


def test_a_lower_revision_that_comes_later_changes_nothing() -> None:
    driver = a_driver()

    outcome = driver.run(a_log([a_fact(at(0), revision=2), a_fact(at(0), revision=1, lines=()), a_fact(at(0))]))

    assert outcome.counts == {"ok": 1, "superseded": 2}


def test_the_same_order_twice_is_counted_as_a_duplicate() -> None:
    outcome = a_driver().run(a_log([a_fact(at(0)), a_fact(at(0))]))

    assert outcome.counts == {"ok": 1, "duplicate": 1}
    assert len(outcome.changes) == 1


@pytest.mark.parametrize(
    "changes",
    [{"lines": (("P2", 1, 100_000),)}, {"at": at(-1)}, {"is_return": True}, {"revision": 1, "at": at(-1)}],
    ids=["other lines", "other time", "other type", "a revision with another time"],
)
def test_a_contradiction_is_a_dead_letter_and_the_first_wins(changes: dict[str, Any]) -> None:
    driver = ran(a_fact(at(0)))
    before = dict(driver.states)

    driver.run(a_log([a_fact(at(0))._replace(**changes)]))

    assert [refusal.code for _, refusal in driver.dead_letters] == [Code.ID_CONFLICT]
    assert driver.states == before


def test_a_return_that_names_another_order_under_the_same_id_is_a_contradiction() -> None:
    back = a_fact(at(1), "R1", is_return=True, returns="O1")

    driver = ran(a_fact(at(0)), back, back._replace(returns="O2"), back._replace(revision=1, returns=None))

    assert [refusal.code for _, refusal in driver.dead_letters] == [Code.ID_CONFLICT] * 2


def test_a_future_dated_order_begins_to_count_at_its_own_time() -> None:
    ahead = a_fact(at(3), "O2", timestamp=at(2.5))

    driver = ran(a_fact(at(0)), ahead, Fact(at=at(4)))

    assert steps(driver)[1:] == [("2025-01-03T00:00:00Z", "s2", "aging"), ("2025-01-04T00:00:00Z", "s1", "order")]
    assert json.loads(driver.changes["C1"][-1])["source"] is None


def test_a_future_dated_return_begins_to_count_at_its_own_time() -> None:
    driver = ran(a_fact(at(0)), a_fact(at(1), "R1", is_return=True, returns="O1", timestamp=at(0.5)), Fact(at=at(1)))

    assert steps(driver)[1:] == [("2025-01-02T00:00:00Z", None, "return")]


def test_a_return_that_starts_with_its_purchase_takes_it_back_once() -> None:
    purchase = a_fact(at(1), "O2", timestamp=at(0.5), lines=(("P2", 2, 200_000),))
    back = a_fact(at(1), "A", is_return=True, returns="O2", timestamp=at(0.5), lines=(("P2", 1, 50_000),))

    driver = ran(a_fact(at(0)), purchase, back, Fact(at=at(1)))

    header = read_header(driver.states["C1"])
    assert (header.frequency, header.monetary, header.unique_products) == (2, 250_000, 2)


def test_a_cancelled_order_that_would_have_started_is_no_cause() -> None:
    cancelled = a_fact(at(2), "O2", lines=(), timestamp=at(1.5))

    assert steps(ran(a_fact(at(0)), cancelled, Fact(at=at(2))))[1:] == [("2025-01-03T00:00:00Z", "s2", "aging")]


def test_history_is_scored_once_at_the_next_advance_of_the_clock() -> None:
    past = [a_fact(at(n), f"O{n}", is_history=True) for n in range(3)]

    driver = ran(*past, Fact(at=at(2)))

    assert steps(driver) == [("2025-01-03T00:00:00Z", "s1", "order")]
    change = json.loads(driver.changes["C1"][0])
    assert change["replay"]
    assert change["source"] is None
    assert change["features"]["after"]["frequency"] == 3


def test_history_without_an_advance_scores_nobody() -> None:
    driver = ran(a_fact(at(0), is_history=True))

    assert driver.changes == {}
    assert read_header(driver.states["C1"]).due_at == 0


def test_history_and_a_live_order_are_two_changes_in_one_advance() -> None:
    driver = ran(a_fact(at(0), is_history=True), a_fact(at(5), "O2"))

    assert steps(driver) == [("2025-01-06T00:00:00Z", "s2", "order"), ("2025-01-06T00:00:00Z", "s1", "order")]
    assert [json.loads(change)["replay"] for change in driver.changes["C1"]] == [True, False]


def test_history_that_still_waits_is_kept_with_the_features_of_the_last_score() -> None:
    driver = ran(a_fact(at(0)), a_fact(at(-1), "O2", is_history=True))

    customer = decode_customer(driver.states["C1"])

    assert customer.features is not None
    assert customer.features.frequency == 1
    assert customer.rfm.frequency() == 2
    assert customer.due_at == at(0) + 1


def test_zero_lines_are_counted() -> None:
    lines = (("P1", 0, 100), ("P2", 1, 100), ("P3", 0, 0))

    assert a_driver().run(a_log([a_fact(at(0), lines=lines)])).counts == {"ok": 1, "zero_lines": 2}


def test_everything_read_moves_the_source_position() -> None:
    driver = a_driver()

    outcome = driver.run([a_record(), a_record(value_=None, offset=1), a_tick("bad", offset=2), a_record(offset=9)])

    assert driver.progress.source_position == 10
    assert outcome.counts == {"ok": 1, "ignored": 1, "invalid": 1, "duplicate": 1}


def test_a_new_customer_is_counted_once() -> None:
    driver = ran(a_fact(at(0)), a_fact(at(1), "O2"), a_fact(at(1), customer="C2"))

    assert driver.progress.customers == 2


def test_the_due_index_and_the_state_agree() -> None:
    driver = ran(a_fact(at(0)))

    assert driver.due == {"C1": at(0) + 2 * DAY}
    assert read_header(driver.states["C1"]).due_at == at(0) + 2 * DAY
