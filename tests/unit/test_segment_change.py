"""A published change: its bytes keep the readable contract, its id never changes, its numbers are the score's."""

from __future__ import annotations

import json
from uuid import NAMESPACE_URL, uuid5

import pytest

from stream_app.contract.change_record import event_id
from stream_app.contract.segment_change import SegmentChange, decode_change
from stream_app.core.announcement import Announcement
from stream_app.core.customer import HISTORY_LENGTH
from stream_app.core.state_record import decode_customer
from tests.builders import a_driver, a_fact, a_log, a_model, a_record, a_tick, an_instant, an_order_json, days
from tests.oracle import Fact

START = an_instant("2025-01-01T00:00:00Z")


def published() -> list[Announcement]:
    """Return the changes of a customer who comes, goes quiet and lapses."""
    driver = a_driver()
    outcome = driver.run([a_record(offset=7), a_tick("2026-05-31T12:00:00Z"), a_tick("2026-06-01T12:00:00Z")])
    outcome.changes += driver.run([]).changes
    return outcome.changes


def test_what_is_written_is_what_the_contract_says() -> None:
    for change in published():
        got = SegmentChange.model_validate_json(change.value, strict=True)

        assert json.loads(got.model_dump_json(by_alias=True)) == json.loads(change.value)
        assert list(json.loads(change.value)) == [
            field.alias or name for name, field in SegmentChange.model_fields.items()
        ]


def test_the_first_change_says_all_there_is_to_know() -> None:
    first = json.loads(published()[0].value)

    margin = first.pop("margin")
    assert 0 < margin < 1
    assert first == {
        "event_id": "05bbbdaa-b363-596b-b9df-ce5a2b2c5a07",
        "customer_id": "C1",
        "sequence": 1,
        "from": None,
        "to": {"id": "s4", "name": "New"},
        "cause": "order",
        "as_of": "2025-06-01T12:00:00Z",
        "features": {
            "before": None,
            "after": {"recency_days": 0, "frequency": 1, "monetary": 10.0, "unique_products": 1},
        },
        "model_version": "20250101T000000Z-testtest",
        "valid_until": "2026-06-01T12:00:00Z",
        "source": {"topic": "orders.v1", "partition": 0, "offset": 7},
        "replay": False,
    }


def test_a_customer_who_lapses_is_in_no_segment_and_never_due() -> None:
    last = decode_change(published()[-1].value)

    assert (last.to, last.cause, last.margin, last.valid_until, last.source) == (None, "expiry", None, None, None)
    assert last.features["after"] is None
    assert last.features["before"] is not None


@pytest.mark.parametrize(
    ("deployment", "customer_id", "sequence", "expected"),
    [
        ("segstream", "C1", 1, "05bbbdaa-b363-596b-b9df-ce5a2b2c5a07"),
        ("segstream", "é\U0001f6d2", 12, str(uuid5(NAMESPACE_URL, "segstream\0é\U0001f6d2\x0012"))),
        ("", "", 0, str(uuid5(NAMESPACE_URL, "\0\x000"))),
    ],
)
def test_an_event_id_never_changes(deployment: str, customer_id: str, sequence: int, expected: str) -> None:
    assert event_id(deployment, customer_id, sequence) == expected


def test_the_headers_are_those_of_cloudevents() -> None:
    change = published()[0]

    headers = dict(change.headers)

    texts = {name: value.decode() if isinstance(value, bytes) else value for name, value in headers.items()}
    assert texts == {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_type": "segstream.segment-changed.v1",
        "ce_source": "/segstream/worker",
        "ce_dataschema": "https://segstream.dev/schemas/segment-change.v1.json",
        "ce_id": decode_change(change.value).event_id,
        "ce_subject": "C1",
        "ce_time": "2025-06-01T12:00:00Z",
    }


def test_money_never_falls_below_zero_and_keeps_four_decimals() -> None:
    lines = [{"product_id": "P1", "quantity": 1, "amount": 0.0001}]
    returned = [{"product_id": "P2", "quantity": 1, "amount": 5}]
    driver = a_driver(model=a_model(centroids=((0.0, 0.0),)))

    changes = driver.run([a_record(an_order_json(lines=lines))]).changes
    driver.run([a_record(an_order_json(order_id="R", type="return", lines=returned))])

    after = decode_change(changes[0].value).features["after"]
    assert after is not None
    assert after["monetary"] == 0.0001
    assert decode_customer(driver.states["C1"]).rfm.monetary() == 0


def test_the_only_segment_there_is_has_no_margin() -> None:
    driver = a_driver(model=a_model(centroids=((0.0, 0.0),)))

    assert decode_change(driver.run([a_record()]).changes[0].value).margin == 0.0


def test_the_history_holds_the_last_twenty_changes_newest_first() -> None:
    # Bought and wholly returned, again and again.
    facts: list[Fact] = []
    for number in range(HISTORY_LENGTH):
        facts.append(a_fact(START + days(number), f"O{number}"))
        facts.append(a_fact(START + days(number), f"R{number}", is_return=True, returns=f"O{number}"))
    driver = a_driver()
    driver.run(a_log(facts))

    history = [json.loads(step) for step in decode_customer(driver.states["C1"]).history]

    assert [step["sequence"] for step in history] == list(range(2 * HISTORY_LENGTH, HISTORY_LENGTH, -1))
    assert history[0] == {
        "sequence": 40, "as_of": "2025-01-20T00:00:00Z", "from": "s4", "to": None, "cause": "return",
    }  # fmt: skip
