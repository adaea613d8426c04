"""Laws: contributions sum exactly to the gap, and an announced step is real and the smallest of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from model_store.scoring import Scorer, log_count
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.customer import NOT_WAITING, Customer
from stream_app.core.explanation import MILLION, gap_of, in_millionths
from stream_app.core.features import Features
from stream_app.core.next_steps import CENT, NextStep, habit_of, next_steps, quiet_step
from stream_app.core.state_record import decode_customer
from tests.builders import a_fact, a_log, a_model, an_entry, days, rules
from tests.driver import Driver
from tests.properties.worlds import EYE, World, worlds

A_PLACE = st.tuples(*[st.floats(-3, 3)] * 4)
FEATURES = st.builds(
    Features, st.integers(0, 40_000), st.integers(1, 50_000), st.integers(0, 10**12), st.integers(0, 50_000)
)


@given(st.lists(A_PLACE, min_size=2, max_size=5), FEATURES)
def test_contributions_sum_to_the_difference_of_the_squared_distances(
    centroids: list[tuple[float, ...]], features: Features
) -> None:
    scorer = Scorer(a_model(centroids=tuple(centroids), pca_components=EYE))
    numbers = features.numbers()
    scores = [
        score + weight * log_count(numbers[0])
        for score, weight in zip(scorer.without_recency(*numbers[1:]), scorer.recency_weights, strict=True)
    ]

    gap = gap_of(scorer, features)

    assert gap is not None
    assert gap.own == scorer.assign(*numbers)
    assert gap.total == scores[gap.rival] - scores[gap.own] == sorted(scores)[1] - sorted(scores)[0]


@given(st.lists(st.integers(-(10**15), 10**15), min_size=1, max_size=6), st.floats(1e-18, 1e-9))
def test_rounded_parts_sum_to_the_rounded_sum(parts: list[int], unit: float) -> None:
    got = in_millionths(parts, unit)

    assert sum(got) == round(sum(parts) * Fraction(unit) * MILLION)
    assert all(abs(a - part * Fraction(unit) * MILLION) <= 1 for a, part in zip(got, parts, strict=True))


def scored(world: World) -> Iterator[tuple[Customer, bytes]]:
    """Yield everybody of a world who is in a segment, with their state record."""
    driver = Driver(Scorer(world.model), rules(window_days=world.window_days))
    driver.run(a_log(world.log))
    driver.settle()
    for record in driver.states.values():
        customer = decode_customer(record)
        if customer.segment and customer.waits_since == NOT_WAITING:
            yield customer, record


def folded(record: bytes, orders: int, amount: int, new: int) -> Features:
    """Return the features after orders of now, as the fold makes them of a state record."""
    rfm = decode_customer(record).rfm
    bought = [product for product, net in rfm.quantities.items() if net > 0]
    for number in range(orders):
        products = [f"new-{number}-{n}" for n in range(new)] or bought[:1]
        lines = tuple((product, 1, amount if at == 0 else 0) for at, product in enumerate(products))
        rfm.add(an_entry(a_fact(rfm.as_of, f"step-{number}", lines=lines)))
    found = rfm.features(rfm.as_of)
    assert found is not None
    return found


def before(step: NextStep) -> tuple[int, int]:
    """Return orders and amount of the next smaller step of the kind."""
    return (1, step.amount - CENT) if step.kind == "spend" else (step.orders - 1, step.amount)


@given(worlds())
def test_an_announced_order_moves_the_customer_and_a_smaller_one_does_not(world: World) -> None:
    scorer = Scorer(world.model)
    for customer, record in scored(world):
        own = scorer.ids.index(customer.segment)

        for step in next_steps(customer.rfm, own, scorer):
            after = folded(record, step.orders, step.amount, step.products)
            assert after == step.after
            assert scorer.assign(*after.numbers()) == step.to != own
            orders, amount = before(step)
            if orders:
                smaller = folded(record, orders, amount, step.products)
                assert scorer.assign(*smaller.numbers()) == own


@given(worlds(), st.floats(0, 1))
def test_no_smaller_spending_moves_the_customer(world: World, part: float) -> None:
    scorer = Scorer(world.model)
    for customer, record in scored(world):
        own = scorer.ids.index(customer.segment)
        for step in next_steps(customer.rfm, own, scorer):
            if step.kind == "spend":
                less = int(part * (step.amount // CENT - 1)) * CENT

                assert scorer.assign(*folded(record, 1, less, 0).numbers()) == own


@given(worlds())
def test_so_many_quiet_days_move_the_customer_and_one_less_does_not(world: World) -> None:
    scorer, obeyed = Scorer(world.model), rules(window_days=world.window_days)
    for customer, record in scored(world):
        as_of = customer.rfm.as_of

        step = quiet_step(decode_customer(record), as_of, scorer, obeyed)

        if step is not None:
            assert segment_at(record, as_of + days(step.days - 1), scorer, world.window) == customer.segment
            assert (scorer.ids[step.to] if step.to >= 0 else "") != customer.segment


def segment_at(record: bytes, instant: int, scorer: Scorer, window: int | None) -> str:
    rfm = decode_customer(record).rfm
    rfm.advance(instant, window)
    found = rfm.features(instant)
    return "" if found is None else scorer.ids[scorer.assign(*found.numbers())]


def test_the_habit_is_the_lower_median_of_what_counts() -> None:
    customer = Customer("C1")
    now = days(20_000)
    customer.rfm.advance(now, None)
    for number, (amount, products) in enumerate([(5, "a"), (9, "abc"), (30, "ab"), (70, "abcd")]):
        lines = tuple((p, 1, amount * MONEY_SCALE if at == 0 else 0) for at, p in enumerate(products))
        customer.rfm.add(an_entry(a_fact(now - days(number), f"O{number}", lines=lines)))
    customer.rfm.add(an_entry(a_fact(now + 1, "later", lines=(("x", 1, 10**9),))))

    assert habit_of(customer.rfm) == (9 * MONEY_SCALE, 2)
