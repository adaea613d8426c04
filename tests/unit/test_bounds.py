"""Beyond the newest thousand orders the oldest are summed, and neither the features nor the promises suffer."""

from __future__ import annotations

import pytest

from stream_app.contract.dead_letter import Code, Refused
from stream_app.core.bounds import bound
from stream_app.core.features import Features
from stream_app.core.instants import rfc3339
from stream_app.core.rfm import RfmState, Verdict
from stream_app.core.state_record import decode_customer, read_header
from stream_app.core.summary import MAX_DAYS, MAX_ENTRIES, MAX_IDS, MAX_MONEY, DaySum, Summary, id_hash
from tests.builders import a_driver, a_fact, a_log, a_tick, an_entry, an_instant, days
from tests.oracle import DAY, Fact

START = an_instant("2025-01-01T00:00:00Z")
MINUTE = 60_000_000
ONE_LINE = (("P1", 1, 10_000),)


def orders(number: int, *, first: int = START + days(30), every: int = MINUTE) -> list[Fact]:
    return [a_fact(first + n * every, f"O{n}", lines=ONE_LINE) for n in range(number)]


def a_state(facts: list[Fact], *, is_windowed: bool = False) -> RfmState:
    """Return the state of a customer with these orders, seen a year after the first."""
    state = RfmState(START + days(365))
    for fact in facts:
        state.add(an_entry(fact))
        bound(state, is_windowed=is_windowed)
    return state


def features(state: RfmState) -> tuple[int, ...] | None:
    found = state.features(state.as_of)
    return found and found.numbers()


def refusal(state: RfmState, order: Fact) -> Code:
    with pytest.raises(Refused) as caught:
        state.verdict(an_entry(order))
    return caught.value.refusal.code


def test_within_the_cap_nothing_is_summed() -> None:
    state = a_state(orders(MAX_ENTRIES))

    assert len(state.held) == MAX_ENTRIES
    assert state.summary is None


def test_the_oldest_order_is_the_one_that_is_summed() -> None:
    state = a_state(list(reversed(orders(MAX_ENTRIES + 1))))

    assert "O0" not in state.held
    assert len(state.held) == MAX_ENTRIES
    assert state.frequency() == MAX_ENTRIES + 1
    assert state.money == 10_000 * (MAX_ENTRIES + 1)


def test_a_purchase_is_summed_together_with_its_returns() -> None:
    bought = a_fact(START, "P", lines=(("P1", 2, 20_000), ("P2", 1, 5_000)))
    back = a_fact(START + days(200), "R", is_return=True, returns="P", lines=(("P1", 2, 20_000),))

    state = a_state([bought, back, *orders(MAX_ENTRIES - 1)])

    assert "R" not in state.held
    assert state.links == {}
    assert features(state) == (334, MAX_ENTRIES, 10_000 * (MAX_ENTRIES - 1) + 5_000, 2)


def test_a_purchase_that_was_taken_back_whole_is_summed_without_counting() -> None:
    bought = a_fact(START, "P", lines=(("P2", 1, 20_000),))
    back = a_fact(START + days(200), "R", is_return=True, returns="P", lines=(("P2", 1, 15_000),))

    state = a_state([bought, back, *orders(MAX_ENTRIES - 1)])

    assert "P" not in state.held
    assert features(state) == (334, MAX_ENTRIES - 1, 10_000 * (MAX_ENTRIES - 1) + 5_000, 1)
    assert state.summary is not None
    assert state.summary.days[0].products == {}


def test_a_return_dated_before_its_purchase_takes_the_purchase_along() -> None:
    back = a_fact(START, "R", is_return=True, returns="O500", lines=(("P1", 1, 2_500),))

    state = a_state([back, *orders(MAX_ENTRIES)])

    assert "O500" not in state.held
    assert state.frequency() == MAX_ENTRIES - 1
    assert state.money == 10_000 * MAX_ENTRIES - 2_500


def test_an_unlinked_return_is_summed_with_its_sign() -> None:
    back = a_fact(START, "R", is_return=True, lines=(("P9", 1, 2_500),))

    state = a_state([back, *orders(MAX_ENTRIES)])

    assert "R" not in state.held
    assert features(state) == (334, MAX_ENTRIES, 10_000 * MAX_ENTRIES - 2_500, 1)


def test_a_cancelled_order_is_forgotten_but_recognised() -> None:
    cancelled = a_fact(START, "X", revision=3, lines=())

    state = a_state([cancelled, *orders(MAX_ENTRIES)])

    assert features(state) == (334, MAX_ENTRIES, 10_000 * MAX_ENTRIES, 1)
    assert state.verdict(an_entry(cancelled)) is Verdict.DUPLICATE
    assert state.verdict(an_entry(cancelled._replace(revision=0))) is Verdict.DUPLICATE
    assert refusal(state, cancelled._replace(revision=4)) is Code.TOO_OLD


def test_returns_of_an_unknown_purchase_are_forgotten_one_by_one() -> None:
    back = [a_fact(START + n, f"R{n}", is_return=True, returns="?") for n in range(2)]

    one_left, none_left = (a_state([*back, *orders(MAX_ENTRIES - left)]) for left in (1, 0))

    assert one_left.links == {"?": ["R1"]}
    assert none_left.links == {}
    assert none_left.money == 10_000 * MAX_ENTRIES


def test_orders_that_start_beyond_the_cap_count_early() -> None:
    ahead = [a_fact(START + days(1), f"A{n:04}", lines=ONE_LINE, timestamp=START) for n in range(MAX_ENTRIES + 1)]
    driver = a_driver(window_days=365)

    driver.run(a_log(ahead))

    header = read_header(driver.states["C1"])
    assert header.frequency == MAX_ENTRIES + 1
    assert header.as_of == START + days(1)


def test_too_large_orders_are_summed_at_once_and_bounded() -> None:
    huge = a_fact(START, "H", lines=tuple((f"{n}" * 60, 1, 10_000) for n in range(1_000, 2_200)))

    state = a_state([huge])

    assert len(state.held) == 0
    assert state.summary is not None
    assert state.summary.days[0].nameless_products == 1_200
    assert features(state) == (365, 1, 12_000_000, 1_200)
    assert state.verdict(an_entry(huge)) is Verdict.DUPLICATE


def test_more_days_than_fit_are_summed_into_the_next_day() -> None:
    # A product of its own every day, bought again the day after.
    facts = [
        a_fact(START + n * DAY, f"O{n}", lines=((f"P{n}", 1, 10_000), (f"P{n - 1}", 1, 10_000)))
        for n in range(MAX_ENTRIES + MAX_DAYS + 5)
    ]
    state = RfmState(START + days(4_000))
    for fact in facts:
        state.add(an_entry(fact))
        bound(state, is_windowed=True)

    assert state.summary is not None
    assert len(state.summary.days) == MAX_DAYS
    oldest = state.summary.days[0]
    assert (oldest.purchases, oldest.amount, oldest.products["P1"]) == (6, 120_000, 2)
    assert oldest.last_purchase == START + 5 * DAY
    assert features(state) == (4_000 - len(facts) + 1, len(facts), 20_000 * len(facts), len(facts) + 1)


def test_a_sum_saturates_instead_of_leaving_64_bits() -> None:
    state = a_state([])
    state.summary = Summary([DaySum(0, amount=MAX_MONEY - 5_000)])
    state.sum_day(state.summary.days[0], 1)

    for fact in orders(MAX_ENTRIES + 1):
        state.add(an_entry(fact))
    bound(state, is_windowed=False)

    assert state.summary.days[0].amount == MAX_MONEY
    assert state.money == MAX_MONEY + 10_000 * MAX_ENTRIES


def test_only_the_newest_ids_are_recognised() -> None:
    summary = Summary(ids=b"".join(number.to_bytes(8) for number in range(MAX_IDS)))

    summary.remember(an_entry(a_fact(START, "O1", revision=1)))

    assert len(summary.ids) == MAX_IDS
    assert summary.knows("O1")
    assert summary.knows("O1", 1)
    assert next(iter(summary.ids)) == (2).to_bytes(8)


def test_a_revision_is_remembered_apart_from_its_order() -> None:
    assert id_hash("O1") == id_hash("O1", 0)
    assert len({id_hash("O1"), id_hash("O1", 1), id_hash("O1", 2), id_hash("O11")}) == 4


def test_a_summed_order_leaves_the_window_at_the_end_of_its_day() -> None:
    driver = a_driver(window_days=365)
    driver.run(a_log(orders(MAX_ENTRIES + 1, first=START)))
    summed_until = START + DAY - 1 + 365 * DAY

    driver.run(a_log([Fact(at=summed_until - 1)]))
    driver.settle()
    before = decode_customer(driver.states["C1"]).rfm.frequency()
    driver.run(a_log([Fact(at=summed_until)]))
    driver.settle()

    assert before == 1
    assert driver.due == {}
    assert decode_customer(driver.states["C1"]).rfm.features(summed_until) is None


def test_the_order_that_expires_first_is_due_first() -> None:
    driver = a_driver(window_days=365)

    driver.run(a_log(orders(MAX_ENTRIES + 1, first=START)))

    assert driver.due == {"C1": START + MINUTE + 365 * DAY}


def test_what_was_folded_before_the_cap_is_folded_the_same_after_it() -> None:
    state = a_state(orders(MAX_ENTRIES + 50))

    late = an_entry(a_fact(START + 1, "late", lines=ONE_LINE))
    state.add(late)
    bound(state, is_windowed=False)

    assert state.features(state.as_of) == Features(334, MAX_ENTRIES + 51, 10_000 * (MAX_ENTRIES + 51), 1)


def test_a_lapsed_customer_keeps_sequence_and_history_and_nothing_else() -> None:
    driver = a_driver(window_days=365)
    driver.run(a_log(orders(MAX_ENTRIES + 50)))
    full = len(driver.states["C1"])

    driver.run([a_tick(rfc3339(START + days(800)), offset=MAX_ENTRIES + 50)])
    driver.settle()

    header, customer = read_header(driver.states["C1"]), decode_customer(driver.states["C1"])
    assert header.segment == ""
    assert header.sequence > 1
    assert customer.rfm.summary is None
    assert len(customer.rfm.held) == 0
    assert len(driver.states["C1"]) < 1_000 + len(header.history) < full
    assert driver.due == {}
