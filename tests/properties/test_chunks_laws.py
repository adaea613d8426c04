"""Law: where a log is cut into chunks, and when others' boundaries are fired, shows in no event and in no state."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model_store.scoring import Scorer
from tests.builders import a_log, rules
from tests.driver import EVERYBODY, Driver
from tests.properties.worlds import World, worlds

cuts = st.lists(st.tuples(st.integers(0, 7), st.sampled_from([0, 1, 2, EVERYBODY])), max_size=12)


@given(worlds(), cuts)
def test_chunks_never_show(world: World, chunks: list[tuple[int, int]]) -> None:
    whole, cut = (Driver(Scorer(world.model), rules(window_days=world.window_days)) for _ in range(2))
    log = a_log(world.log)

    whole.run(log)
    whole.settle()
    left = list(log)
    for size, due_budget in chunks:
        cut.run(left[:size], due_budget=due_budget)
        del left[:size]
    for record in left:
        cut.run([record], due_budget=1)
    cut.settle(due_budget=1)

    assert cut.changes == whole.changes
    assert cut.states == whole.states
    assert cut.due == whole.due
    assert [record.offset() for record, _ in cut.dead_letters] == [record.offset() for record, _ in whole.dead_letters]
    assert cut.progress.source_position == whole.progress.source_position == len(log)
    assert cut.progress.clock.instant == whole.progress.clock.instant
    assert cut.progress.breaker.ages() == whole.progress.breaker.ages()
    assert cut.progress.customers == whole.progress.customers == len(whole.states)
