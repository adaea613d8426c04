"""Going over to a namespace's states: who was erased meanwhile, and who is owed an event of it."""

from __future__ import annotations

import json

import pytest

from stream_app.core.inbound import HISTORY_HEADER
from stream_app.core.state_record import decode_customer
from tests.builders import ARecord, a_driver, a_marker, a_record, an_order_json
from tests.driver import EVERYBODY, Driver


def an_order_of(customer: str, order: str = "O1", *, offset: int = 0, price: float = 10.0) -> ARecord:
    lines = [{"product_id": "P1", "quantity": 1, "unit_price": price}]
    return a_record(an_order_json(customer_id=customer, order_id=order, lines=lines), offset=offset)


def a_namespace(*customers: str) -> Driver:
    """Return another count, by which these customers have bought much more."""
    driver = a_driver()
    orders = [an_order_of(each, f"O{number}", price=900.0) for each in customers for number in range(1, 30)]
    driver.run(orders)
    return driver


@pytest.mark.parametrize("slice_size", [1, EVERYBODY])
def test_a_patient_swap_owes_its_corrections_until_they_are_paid(slice_size: int) -> None:
    live = a_driver()
    live.run([an_order_of("C1")])
    told = len(live.changes["C1"])

    live.begin_swap(a_namespace("C1", "C2"), is_patient=True)
    while live.adoption is not None:
        live.run([], slice_size=slice_size)

    assert len(live.changes["C1"]) == told
    assert "C2" not in live.changes
    live.pay(["C1", "C2"])
    assert [json.loads(live.changes[each][-1])["cause"] for each in ("C1", "C2")] == ["correction"] * 2


@pytest.mark.parametrize("is_known", [True, False], ids=["known here", "known to the namespace alone"])
@pytest.mark.parametrize("has_ordered", [True, False])
def test_who_is_erased_during_a_swap_and_unerased_gets_nothing_back_by_it(*, is_known: bool, has_ordered: bool) -> None:
    live = a_driver()
    live.run([an_order_of("C1" if is_known else "C9")])
    live.begin_swap(a_namespace("C1"))
    live.run([a_marker("C1", offset=1)], slice_size=0)
    live.run([a_marker("C1", offset=2, is_lifting=True)], slice_size=0)

    live.run([an_order_of("C1", "O99", offset=3)] if has_ordered else [], slice_size=0)
    while live.adoption is not None:
        live.run([], slice_size=1)

    assert ("C1" in live.states) == has_ordered
    if has_ordered:
        held = decode_customer(live.states["C1"]).rfm.held
        assert held is not None
        assert held.newest_ids(len(held)) == ["O99"]


def test_a_silent_swap_counts_no_published_changes() -> None:
    live = a_driver()
    live.run([an_order_of("C1")])
    live.begin_swap(a_namespace("C1", "C2"), is_silent=True)

    outcome = live.run([])

    assert [move.customer_id for move in outcome.moves] == ["C1", "C2"]
    assert outcome.changes == []
    assert outcome.migrations() == {}


def a_past_order_of(customer: str, *, offset: int = 0) -> ARecord:
    return a_record(an_order_json(customer_id=customer), offset=offset, headers_=[(HISTORY_HEADER, b"true")])


@pytest.mark.parametrize("known_here", [[], ["C1"]])
def test_whom_only_the_namespace_has_history_of_is_scored_although_the_clock_began_meanwhile(
    known_here: list[str],
) -> None:
    live, namespace = a_driver(), a_driver()
    live.run([a_past_order_of(each) for each in known_here])
    namespace.run([a_past_order_of("C1"), a_past_order_of("C2")])
    live.begin_swap(namespace)

    live.run([an_order_of("C9", offset=2)], slice_size=0)
    live.run([], slice_size=0)
    while live.adoption is not None:
        live.run([], slice_size=1)

    assert {name: decode_customer(state).segment for name, state in live.states.items()}.keys() == {"C1", "C2", "C9"}
    assert all(decode_customer(state).segment for state in live.states.values())
