"""A partition that goes from one model to another while it runs."""

from __future__ import annotations

import json

from msgspec.structs import replace

from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from tests.builders import a_driver, a_fact, a_log, a_model_of_recency, a_record_of, an_instant, days
from tests.driver import Driver
from tests.oracle import Fact

START = an_instant("2025-01-01T00:00:00Z")
OLD = a_model_of_recency(0.0, 2.0, 5.0, version="old")
"""s1 up to a day after the last purchase, s2 from the second day on, s3 from the 33rd."""


def renamed(model: SegmentModel, version: str, *ids: str) -> SegmentModel:
    """Return the same centroids under other ids and names."""
    segments = tuple(
        replace(segment, id=new, name=f"{new} of {version}") for segment, new in zip(model.segments, ids, strict=True)
    )
    return replace(model, version=version, segments=segments)


def told(driver: Driver) -> list[tuple[str, str | None, str, str]]:
    """Return each change of C1: its instant, where it led, its cause and the model."""
    changes = [json.loads(change) for change in driver.changes.get("C1", [])]
    return [(c["as_of"], c["to"] and c["to"]["id"], c["cause"], c["model_version"]) for c in changes]


def test_boundaries_before_the_switch_are_the_old_models_and_those_after_it_the_new_ones() -> None:
    driver = a_driver(model=OLD)
    driver.run(a_log([a_fact(START), Fact(at=START + days(10))]), due_budget=0)

    driver.begin_switch(Scorer(renamed(OLD, "new", "a", "b", "c")))
    driver.run(a_log([Fact(at=START + days(40))]))
    driver.settle()

    assert told(driver) == [
        ("2025-01-01T00:00:00Z", "s1", "order", "old"),
        ("2025-01-03T00:00:00Z", "s2", "aging", "old"),
        ("2025-01-11T00:00:00Z", "b", "model", "new"),
        ("2025-02-03T00:00:00Z", "c", "aging", "new"),
    ]


def test_whoever_keeps_the_id_gets_no_event_and_the_new_name() -> None:
    driver = a_driver(model=OLD)
    driver.run(a_log([a_fact(START)]))

    driver.begin_switch(Scorer(renamed(OLD, "new", "s1", "b", "c")))
    outcome = driver.run([])

    assert [to for _, to, _, _ in told(driver)] == ["s1"]
    assert outcome.touched["C1"].segment_name == "s1 of new"
    assert outcome.remodelled == {"C1"}


def test_a_duplicate_of_an_unknown_customers_expired_order_makes_nobody_known() -> None:
    driver = a_driver(model=OLD)
    driver.run(a_log([a_fact(START, customer="C2")]))
    driver.begin_switch(Scorer(renamed(OLD, "new", "a", "b", "c")))

    outcome = driver.run([a_record_of(a_fact(START - days(400)), 1)], slice_size=0)

    assert outcome.counts["expired"] == 1
    assert outcome.touched == {}


def test_whose_history_waits_through_two_switches_is_scored_by_the_model_of_that_time() -> None:
    driver = a_driver(model=OLD)
    driver.run(a_log([a_fact(START), a_fact(START - days(1), "O2", is_history=True)]))
    driver.begin_switch(Scorer(renamed(OLD, "new", "a", "b", "c")))
    driver.run([], due_budget=0)
    driver.run(a_log([Fact(at=START + days(1))]), due_budget=0)

    driver.begin_switch(Scorer(OLD))
    driver.run([])

    assert told(driver) == [
        ("2025-01-01T00:00:00Z", "s1", "order", "old"),
        ("2025-01-02T00:00:00Z", "a", "order", "new"),
        ("2025-01-02T00:00:00Z", "s1", "model", "old"),
    ]


def test_a_patient_switch_moves_at_once_and_tells_before_anything_else_is_told() -> None:
    driver = a_driver(model=OLD)
    driver.run(a_log([a_fact(START)]))

    driver.begin_switch(Scorer(renamed(OLD, "new", "a", "b", "c")), is_patient=True)
    outcome = driver.run([])

    assert outcome.touched["C1"].segment == "a"
    assert len(told(driver)) == 1

    driver.run([a_record_of(Fact(at=START + days(40)), 1)])
    driver.settle()

    assert told(driver)[1:] == [
        ("2025-01-01T00:00:00Z", "a", "model", "new"),
        ("2025-01-03T00:00:00Z", "b", "aging", "new"),
        ("2025-02-03T00:00:00Z", "c", "aging", "new"),
    ]


def test_what_is_owed_is_paid_once_without_an_order_or_a_boundary() -> None:
    driver = a_driver(model=OLD)
    driver.run(a_log([a_fact(START)]))
    driver.begin_switch(Scorer(renamed(OLD, "new", "a", "b", "c")), is_patient=True)
    driver.run([])

    driver.pay(["C1"])
    driver.pay(["C1"])

    assert [to for _, to, _, _ in told(driver)] == ["s1", "a"]


def test_a_patient_switch_does_not_keep_back_what_an_order_causes() -> None:
    driver = a_driver(model=OLD)
    driver.run(a_log([a_fact(START)]))
    driver.begin_switch(Scorer(renamed(OLD, "new", "a", "b", "c")), is_patient=True)

    driver.run([a_record_of(a_fact(START + days(1), "O2"), 1)])

    assert [(to, cause) for _, to, cause, _ in told(driver)] == [("s1", "order"), ("a", "model")]
