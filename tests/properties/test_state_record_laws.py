"""Law: a state record holds all there is to know, and stays small however many orders a customer places."""

from __future__ import annotations

from collections import deque
from random import Random

import pytest
from hypothesis import given

from model_store.scoring import Scorer
from stream_app.contract.dead_letter import Code, Refused
from stream_app.core.bounds import bound
from stream_app.core.customer import Customer
from stream_app.core.features import Features
from stream_app.core.rfm import RfmState, Verdict
from stream_app.core.state_record import decode_customer, encode_state, header_of
from stream_app.core.stored_rfm import StoredRfm
from tests.builders import a_fact, a_log, an_entry, rules
from tests.driver import Driver
from tests.oracle import DAY, Fact, recount
from tests.properties.worlds import SLOT, START, World, worlds

BOT_ORDERS = 5_000
HELD = 1_000
WINDOW = 365 * DAY


def encode(customer: Customer) -> bytes:
    return encode_state(header_of(customer), customer.rfm)


@given(worlds())
def test_a_decoded_state_is_encoded_to_the_same_bytes(world: World) -> None:
    driver = Driver(Scorer(world.model), rules(window_days=world.window_days))

    driver.run(a_log(world.log))

    for record in driver.states.values():
        assert encode(decode_customer(record)) == record


@given(worlds())
def test_what_is_known_without_reading_the_orders_is_what_they_say(world: World) -> None:
    driver = Driver(Scorer(world.model), rules(window_days=world.window_days))

    driver.run(a_log(world.log))

    for record in driver.states.values():
        customer = decode_customer(record)
        unread, rfm = customer.counted, customer.rfm
        assert known(unread) == known(rfm)
        assert customer.counted is rfm


def known(rfm: RfmState | StoredRfm) -> tuple[object, ...]:
    """Return all that time asks of a state."""
    expiry = rfm.next_expiry(WINDOW) if rfm.orders()[0] else None
    sums = rfm.last_purchase(), rfm.frequency(), rfm.monetary(), rfm.unique_products
    return rfm.as_of, sums, rfm.features(rfm.as_of), rfm.next_start(), expiry, rfm.orders()


def test_time_moves_a_customer_whose_orders_nobody_reads_until_one_of_them_leaves_the_window() -> None:
    customer = Customer("C1")
    for day in (0, 5):
        customer.rfm.advance(START + day * DAY, WINDOW)
        customer.rfm.add(an_entry(a_fact(START + day * DAY, f"O{day}")))
    stored = decode_customer(encode(customer))

    moved = stored.advance(START + WINDOW - 1, WINDOW)
    is_unread = isinstance(stored.counted, StoredRfm)
    expired = stored.advance(START + WINDOW, WINDOW)

    assert (moved, is_unread) == ((False, []), True)
    assert (expired, stored.counted.frequency(), stored.counted.as_of) == ((True, []), 1, START + WINDOW)


def bot_orders(*, names: int) -> list[Fact]:
    """Return 5,000 orders four hours apart, one in ten a return of an earlier one or of none."""
    dice = Random(1)
    orders: deque[Fact] = deque()
    for number in range(BOT_ORDERS):
        product = f"product-{dice.randrange(names)}-{'x' * 20}"
        order = a_fact(START + number * SLOT // 3, f"order-{number:05}", lines=((product, 1, dice.randint(1, 10**6)),))
        if number % 20 == 19:
            order = order._replace(is_return=True)
        elif number % 20 == 9:
            bought = orders[-1 - number % 7]
            order = order._replace(is_return=True, returns=bought.order_id, lines=bought.lines)
        orders.append(order)
    return list(orders)


def fold_all(orders: list[Fact], window: int | None) -> Customer:
    customer = Customer("C1")
    for order in orders:
        customer.rfm.advance(order.at, window)
        assert customer.rfm.verdict(an_entry(order)) is Verdict.NEW
        customer.rfm.add(an_entry(order))
        bound(customer.rfm, is_windowed=window is not None)
    return customer


@pytest.fixture(scope="module")
def bot() -> Customer:
    """A customer far beyond the cap, without a window."""
    return fold_all(bot_orders(names=300), None)


@pytest.fixture(scope="module")
def windowed_bot() -> Customer:
    """The same customer under a window of a year."""
    return fold_all(bot_orders(names=300), WINDOW)


def expected_features(orders: list[Fact], at: int, window: int | None) -> Features:
    found = recount(orders, at, window)
    assert found is not None
    return Features((at - found[0]) // DAY, *found[1:])


def test_a_bot_keeps_its_features_and_a_small_record(bot: Customer) -> None:
    rfm = bot.rfm

    assert len(rfm.held) <= HELD
    assert rfm.features(rfm.as_of) == expected_features(bot_orders(names=300), rfm.as_of, None)
    assert len(encode(bot)) < 1_000_000


def test_a_bot_with_endless_products_keeps_all_but_their_names() -> None:
    orders = bot_orders(names=10**9)

    bot = fold_all(orders, None)

    expected = expected_features(orders, bot.rfm.as_of, None)
    assert bot.rfm.features(bot.rfm.as_of) == expected
    assert len(encode(bot)) < 1_000_000
    assert encode(decode_customer(encode(bot))) == encode(bot)


def test_a_summed_order_expires_at_the_end_of_its_day(windowed_bot: Customer) -> None:
    customer = decode_customer(encode(windowed_bot))
    orders = bot_orders(names=300)
    by_day = [order._replace(at=(order.at // DAY + 1) * DAY - 1) for order in orders[: -HELD - 10]]
    held = orders[-HELD - 10 :]

    for at in range(orders[-1].at + DAY // 3, orders[-1].at + WINDOW - HELD * DAY // 12, 20 * DAY):
        customer.rfm.advance(at, WINDOW)

        found = recount([*by_day, *held], at, WINDOW)
        assert found is not None
        assert customer.rfm.frequency() == found.frequency
        assert customer.rfm.monetary() == found.monetary
        assert customer.rfm.unique_products == found.unique_products


@pytest.mark.parametrize("name", ["bot", "windowed_bot"])
def test_beyond_the_cap_a_state_is_encoded_to_the_same_bytes(name: str, request: pytest.FixtureRequest) -> None:
    customer: Customer = request.getfixturevalue(name)

    again = decode_customer(encode(customer))

    assert encode(again) == encode(customer)
    assert again.rfm.features(again.rfm.as_of) == customer.rfm.features(customer.rfm.as_of)


def test_summed_orders_are_recognised_and_no_longer_changed(bot: Customer) -> None:
    for rfm in (bot.rfm, decode_customer(encode(bot)).rfm):
        for order in bot_orders(names=300)[:3_900:50]:
            assert rfm.verdict(an_entry(order)) is Verdict.DUPLICATE
            assert refusal(rfm, order._replace(revision=1)) is Code.TOO_OLD
            back = order._replace(order_id="back", is_return=True, returns=order.order_id)
            assert refusal(rfm, back) is Code.TOO_OLD


def refusal(rfm: RfmState, order: Fact) -> Code:
    with pytest.raises(Refused) as caught:
        rfm.verdict(an_entry(order))
    return caught.value.refusal.code
