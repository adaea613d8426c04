"""Law: whatever is touched when, a switch of models shows as one change at one instant for those whom it moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stream_app.core.customer import NOT_WAITING
from stream_app.core.state_record import decode_customer
from tests.driver import step_of
from tests.oracle import run_eras
from tests.properties.switches import Promoted, at_once, eras_of, in_pieces, play, promotions
from tests.properties.worlds import World


@given(promotions(), st.integers(0, 2**64 - 1))
def test_events_equal_those_of_a_brute_force_replay_under_each_model(
    drawn: tuple[World, list[Promoted]], seed: int
) -> None:
    world, promoted = drawn

    driver = play(world, promoted, in_pieces, seed)

    got = {name: [step_of(change) for change in changes] for name, changes in driver.changes.items()}
    assert got == run_eras(world.log, world.window, eras_of(world, promoted))


@given(promotions(), st.integers(0, 2**64 - 1))
def test_nothing_shows_of_when_a_customer_was_moved(drawn: tuple[World, list[Promoted]], seed: int) -> None:
    world, promoted = drawn

    whole, pieces = (play(world, promoted, pace, seed) for pace in (at_once, in_pieces))

    assert pieces.changes == whole.changes
    assert pieces.states == whole.states
    assert pieces.due == whole.due


@given(promotions(), st.integers(0, 2**64 - 1))
def test_everybody_ends_with_the_newest_model_and_its_words(drawn: tuple[World, list[Promoted]], seed: int) -> None:
    world, promoted = drawn
    newest = promoted[-1].model

    driver = play(world, promoted, in_pieces, seed)

    names = {segment.id: segment.name for segment in newest.segments} | {"": ""}
    customers = [decode_customer(record) for record in driver.states.values()]
    assert {customer.model_version for customer in customers if customer.model_version} <= {newest.version}
    for customer in customers:
        if customer.waits_since == NOT_WAITING:
            assert customer.segment_name == names[customer.segment]
