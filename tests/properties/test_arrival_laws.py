"""Law: the state at a given clock depends on the accepted orders alone, not on how often or in what order they came."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from model_store.scoring import Scorer
from stream_app.core.state_record import decode_customer, encode_state, read_header
from tests.builders import a_log, rules
from tests.driver import Driver
from tests.oracle import AHEAD, Fact
from tests.properties.worlds import SLOT, WINDOWS, slot, some_of, throw_model, throw_orders


def arrange(dice: Random, orders: list[Fact]) -> list[Fact]:
    """Return the orders in some order, some of them twice, some as history, and ticks between them."""
    log = [
        order._replace(
            timestamp=order.at + dice.randint(-3, 9) * SLOT - AHEAD,
            is_history=dice.random() < 0.2,
        )
        for order in [*orders, *(order for order in orders if dice.random() < 0.3)]
    ]
    log += [Fact(at=slot(dice.randint(0, 60))) for _ in range(dice.randint(0, 3))]
    dice.shuffle(log)
    return log


def lasting(record: bytes) -> bytes | None:
    """Return a state record without what follows the log: sequence, since, as_of and history; None when it is empty."""
    header, customer = read_header(record), decode_customer(record)
    if not customer.rfm.held:
        return None
    header.sequence, header.since, header.as_of, header.history = 0, -1, -1, b"[]"
    return encode_state(header, customer.rfm)


@given(st.data(), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_state_ignores_arrival_order_and_duplicates(data: st.DataObject, seed: int, other_seed: int) -> None:
    dice = Random(seed)
    window_days, scorer = dice.choice(WINDOWS), Scorer(throw_model(dice))
    orders = some_of(data.draw, throw_orders(dice))
    end = Fact(at=slot(dice.choice((61, 70, 90))))

    states = []
    for arrangement in (arrange(dice, orders), arrange(Random(other_seed), orders)):
        driver = Driver(scorer, rules(window_days=window_days))
        driver.run(a_log([*arrangement, end]))
        driver.settle()
        assert driver.dead_letters == []
        states.append({name: lasting(record) for name, record in driver.states.items() if lasting(record)})

    assert states[0] == states[1]
