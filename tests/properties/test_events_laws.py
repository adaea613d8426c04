"""Law: the published events are those that a brute-force replay of the log finds, one by one."""

from __future__ import annotations

import json

from hypothesis import event, given

from model_store.scoring import Scorer
from tests.builders import a_log, an_instant, rules
from tests.driver import Driver, step_of
from tests.oracle import run
from tests.properties.worlds import World, worlds


@given(worlds())
def test_events_equal_those_of_a_brute_force_replay(world: World) -> None:
    scorer = Scorer(world.model)
    driver = Driver(scorer, rules(window_days=world.window_days))

    driver.run(a_log(world.log))
    driver.settle()

    story = run(world.log, world.window, lambda r, f, m, u: scorer.ids[scorer.assign(r, f, m, u)])
    got = {name: [step_of(change) for change in changes] for name, changes in driver.changes.items()}
    event(f"changes: {sum(map(len, got.values())) // 3 * 3} or more")
    assert got == story.steps
    assert driver.progress.clock.instant == story.clock
    assert [record.offset() for record, _ in driver.dead_letters] == story.refused


@given(worlds())
def test_events_of_a_customer_form_a_chain(world: World) -> None:
    driver = Driver(Scorer(world.model), rules(window_days=world.window_days))

    driver.run(a_log(world.log))
    driver.settle()

    for changes in driver.changes.values():
        chain = [json.loads(change) for change in changes]
        assert [change["sequence"] for change in chain] == list(range(1, len(chain) + 1))
        assert [change["from"] for change in chain] == [None, *(change["to"] for change in chain[:-1])]
        as_of = [an_instant(change["as_of"]) for change in chain]
        assert as_of == sorted(as_of)
