"""Law: the running sums equal a recount from all orders, at every instant, in any order of arrival."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from stream_app.core.features import Features
from stream_app.core.instants import DAY_US
from stream_app.core.rfm import RfmState, Verdict
from tests.builders import an_entry
from tests.oracle import DAY, Fact, recount
from tests.properties.worlds import WINDOWS, slot, some_of, throw_orders

CUSTOMER = "a"


def throw_story(dice: Random) -> list[Fact]:
    """Return one customer's orders, some twice, in any order, with the instants in between to which time moves."""
    orders = [order for order in throw_orders(dice, most=25) if order.customer == CUSTOMER]
    log = [*orders, *(order for order in orders if dice.random() < 0.2)]
    log += [Fact(at=slot(dice.randint(0, 80))) for _ in range(dice.randint(1, 10))]
    dice.shuffle(log)
    return [*log, Fact(at=slot(90))]


@given(st.data(), st.integers(0, 2**64 - 1), st.sampled_from(WINDOWS))
def test_fold_equals_a_recount(data: st.DataObject, seed: int, window_days: int | None) -> None:
    window = None if window_days is None else window_days * DAY
    state, sent = RfmState(), []

    for fact in some_of(data.draw, throw_story(Random(seed))):
        if not fact.customer:
            state.advance(max(fact.at, state.as_of), window)
        elif window is None or fact.at + window > state.as_of:
            sent.append(fact)
            if state.verdict(an_entry(fact)) in (Verdict.NEW, Verdict.REPLACES):
                state.add(an_entry(fact))

        found = recount(sent, state.as_of, window)
        expected = found and Features((state.as_of - found.last_purchase) // DAY_US, *found[1:])
        assert state.features(state.as_of) == expected


@given(st.integers(0, 2**64 - 1), st.sampled_from(["before", "after", "alone"]), st.sampled_from(WINDOWS))
def test_a_linked_return_counts_with_its_order_whenever_it_comes(
    seed: int, comes: str, window_days: int | None
) -> None:
    dice = Random(seed)
    purchase, other = (Fact(slot(n), CUSTOMER, f"O{n}", (("x", 2, 50_000), ("y", 1, 10_000))) for n in (0, 1))
    given_back = dice.choice((purchase.lines, purchase.lines[:1], (("x", 1, 25_000),), (("z", 9, 990_000),)))
    back = Fact(slot(dice.randint(-4, 20)), CUSTOMER, "R", given_back, is_return=True, returns="O0")
    window = None if window_days is None else window_days * DAY
    sent = {"before": [back, purchase, other], "after": [purchase, other, back], "alone": [back, other]}[comes]

    state = RfmState(slot(20))
    accepted = [fact for fact in sent if window is None or fact.at + window > state.as_of]
    for fact in accepted:
        state.add(an_entry(fact))

    found = recount(sent, state.as_of, window)
    assert state.features(state.as_of) == (found and Features((state.as_of - found[0]) // DAY_US, *found[1:]))
