"""Law: what is foretold of a customer is what the worker does when nothing but time comes."""

from __future__ import annotations

import json

from hypothesis import given

from model_store.scoring import Scorer
from stream_app.core.customer import NOT_WAITING
from stream_app.core.forecast import forecast
from stream_app.core.state_record import decode_customer
from tests.builders import a_log, a_tick, rules
from tests.driver import Driver
from tests.properties.worlds import World, worlds

END_OF_TIME = "9998-12-31T00:00:00Z"
Step = tuple[str, str, str | None]


def steps_of(changes: list[bytes]) -> list[Step]:
    found = [json.loads(raw) for raw in changes]
    return [(change["as_of"], change["cause"], change["to"] and change["to"]["id"]) for change in found]


@given(worlds())
def test_what_is_foretold_comes_true(world: World) -> None:
    scorer, obeyed = Scorer(world.model), rules(window_days=world.window_days)
    driver = Driver(scorer, obeyed)
    driver.run(a_log(world.log))
    driver.settle()
    scored = [decode_customer(record) for record in driver.states.values()]
    scored = [customer for customer in scored if customer.waits_since == NOT_WAITING]
    known = {customer.customer_id: len(driver.changes.get(customer.customer_id, [])) for customer in scored}
    foretold = {
        customer.customer_id: [
            (move.as_of, move.cause, None if move.after is None else scorer.ids[move.index])
            for move in forecast(customer, scorer, obeyed)
        ]
        for customer in scored
    }

    driver.run([a_tick(END_OF_TIME, offset=len(world.log))])
    driver.settle()

    assert foretold == {name: steps_of(driver.changes.get(name, [])[count:]) for name, count in known.items()}
