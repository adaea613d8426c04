"""One reading of where a customer stands, for every reader."""

from __future__ import annotations

from stream_app.core.customer import Customer
from stream_app.core.standing import is_waiting, standing_of, stands_since, valid_until

SINCE, DUE = 1_690_000_000_000_000, 1_700_000_000_000_000
STEP = b'{"sequence":1}'


def a_customer(*, segment: str = "", has_moved: bool = True, waits_since: int | None = None) -> Customer:
    customer = Customer("C1")
    customer.segment, customer.due_at = segment, DUE
    if has_moved:
        customer.since, customer.history = SINCE, [STEP]
    if waits_since is not None:
        customer.waits_since = waits_since
    return customer


def test_a_customer_in_a_segment_is_scored_until_the_next_boundary() -> None:
    customer = a_customer(segment="s1")

    assert standing_of(customer) == "scored"
    assert stands_since(customer) == SINCE
    assert valid_until(customer) == DUE


def test_who_left_every_segment_is_lapsed() -> None:
    assert standing_of(a_customer()) == "lapsed"


def test_nobody_who_was_never_scored_is_called_lapsed() -> None:
    assert stands_since(a_customer(has_moved=False)) is None
    assert standing_of(a_customer(has_moved=False)) == "unscored"


def test_who_waits_for_historys_score_has_no_standing_and_no_date_yet() -> None:
    customer = a_customer(waits_since=-1)

    assert is_waiting(customer)
    assert standing_of(customer) == "unscored"
    assert valid_until(customer) is None
