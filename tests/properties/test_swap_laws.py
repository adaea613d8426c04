"""Law: after a swap a partition counts from what it took over, everybody went over once, and no chain is broken."""

from __future__ import annotations

import json
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from model_store.scoring import Scorer
from stream_app.core.customer import NOT_WAITING
from stream_app.core.instants import rfc3339
from stream_app.core.state_record import decode_customer, encode_state, header_of
from tests.builders import ARecord, a_log, rules
from tests.driver import Driver, step_of, step_of_fields
from tests.properties.switches import Pace, another_model, at_once, in_pieces
from tests.properties.worlds import WINDOWS, World, worlds


class Drawn(NamedTuple):
    """A world, of whose log what is live missed the beginning, and swaps somewhere behind it."""

    world: World
    missed: int
    swapped_at: int
    then: World
    """The same log with what the namespace counts and scores by: the same, or another window and another model."""


@st.composite
def swaps(draw: st.DrawFn, *, has_other_window: bool | None = None) -> Drawn:
    world = draw(worlds())
    missed = draw(st.integers(0, len(world.log)))
    swapped_at = draw(st.integers(missed, len(world.log)))
    if draw(st.booleans()) if has_other_window is None else has_other_window:
        dice = Random(draw(st.integers(0, 2**64 - 1)))
        window_days = dice.choice([days for days in WINDOWS if days != world.window_days])
        then = world._replace(window_days=window_days, model=another_model(dice, "next"))
        return Drawn(world, missed, swapped_at, then)
    return Drawn(world, missed, swapped_at, world)


class Played(NamedTuple):
    """What came of it, live and in the namespace."""

    live: Driver
    namespace: Driver
    instant: int
    told: dict[str, int]
    """How much the namespace would have told each customer's subscribers until the swap."""
    is_waiting: bool
    """True when there was history, at the swap, that no score had seen."""


def play(drawn: Drawn, pace: Pace, seed: int, **flags: bool) -> Played:
    """Swap between two records; the namespace goes on alone, as if it had been live from the first record."""
    dice, log = Random(seed), a_log(drawn.world.log)
    live, namespace = a_driver(drawn.world), a_driver(drawn.then)
    feed(namespace, log[: drawn.swapped_at], at_once, dice)
    feed(live, log[drawn.missed : drawn.swapped_at], pace, dice)
    namespace.settle()
    is_waiting = any(decode_customer(each).waits_since != NOT_WAITING for each in namespace.states.values())
    told = {name: len(changes) for name, changes in namespace.changes.items()}
    live.begin_swap(namespace, **flags)
    instant = live.progress.clock.instant
    feed(live, log[drawn.swapped_at :], pace, dice)
    feed(namespace, log[drawn.swapped_at :], at_once, dice)
    for driver in (live, namespace):
        driver.settle()
    live.pay(sorted(live.states))
    return Played(live, namespace, instant, told, is_waiting)


def a_driver(world: World) -> Driver:
    return Driver(Scorer(world.model), rules(window_days=world.window_days))


def feed(driver: Driver, log: list[ARecord], pace: Pace, dice: Random) -> None:
    read = 0
    while read < len(log) or driver.adoption is not None or driver.switch is not None:
        size, due_budget, slice_size = pace(dice)
        driver.run(log[read : read + size], due_budget=due_budget, slice_size=slice_size)
        read += size


@given(swaps(), st.integers(0, 2**64 - 1), st.booleans(), st.booleans())
def test_everybody_ends_as_if_the_namespace_had_been_live(
    drawn: Drawn, seed: int, is_patient: bool, is_silent: bool
) -> None:
    played = play(drawn, in_pieces, seed, is_patient=is_patient, is_silent=is_silent)

    assert_same(played.live, played.namespace)


def assert_same(live: Driver, namespace: Driver) -> None:
    """Compare everybody as they stand."""
    ours, theirs = ({name: decode_customer(state) for name, state in each.states.items()} for each in (live, namespace))
    assert ours.keys() >= theirs.keys()
    for name, customer in ours.items():
        other = theirs.get(name)
        assert held(customer) == held(other)
        if other is not None and {customer.waits_since, other.waits_since} == {NOT_WAITING}:
            assert (customer.segment, customer.due_at) == (other.segment, other.due_at)


def held(customer: Any) -> dict[str, Any]:
    orders = None if customer is None else customer.rfm.held
    return {} if orders is None else {name: orders.get(name) for name in orders.newest_ids(len(orders))}


@given(swaps(), st.integers(0, 2**64 - 1), st.booleans(), st.booleans())
def test_a_swap_shows_as_one_tagged_correction_at_its_instant(
    drawn: Drawn, seed: int, is_quiet: bool, is_patient: bool
) -> None:
    played = play(drawn, in_pieces, seed, is_quiet=is_quiet, is_patient=is_patient)

    for changes in chains(played.live).values():
        assert [change["sequence"] for change in changes] == [*range(1, len(changes) + 1)]
        steps = [step_of_fields(change) for change in changes]
        # Another model may call the same segment otherwise.
        assert all(one.to == next_.came_from for one, next_ in pairwise(steps))
        by_swap = [change for change in changes if change["cause"] == "correction" and change["source"] is None]
        assert len(by_swap) <= 1
        assert all((each["as_of"], each["replay"]) == (rfc3339(played.instant), is_quiet) for each in by_swap)


@given(swaps(), st.integers(0, 2**64 - 1))
def test_a_silent_swap_tells_nobody_and_leaves_no_gap(drawn: Drawn, seed: int) -> None:
    played = play(drawn, in_pieces, seed, is_silent=True)

    for changes in chains(played.live).values():
        assert [change["sequence"] for change in changes] == [*range(1, len(changes) + 1)]
        assert all(change["cause"] != "correction" or change["source"] for change in changes)


@given(swaps(), st.integers(0, 2**64 - 1))
def test_nothing_shows_of_when_a_customer_went_over(drawn: Drawn, seed: int) -> None:
    whole, pieces = (play(drawn, pace, seed) for pace in (at_once, in_pieces))

    assert pieces.live.changes == whole.live.changes
    assert standing(pieces.live) == standing(whole.live)


def standing(driver: Driver) -> list[bytes]:
    """Return all states; who is new since does not tell whether that was before or after the swap was over."""
    customers = [decode_customer(state) for _, state in sorted(driver.states.items())]
    for customer in customers:
        customer.adopted = 0
    return [encode_state(header_of(customer), customer.rfm) for customer in customers]


@given(swaps(has_other_window=True), st.integers(0, 2**64 - 1))
def test_up_to_a_swap_the_old_window_and_model_decide_and_after_it_the_new_ones(drawn: Drawn, seed: int) -> None:
    played = play(drawn, in_pieces, seed)
    before = a_driver(drawn.world)
    feed(before, a_log(drawn.world.log)[drawn.missed : drawn.swapped_at], at_once, Random(seed))
    before.progress.clock.advance(played.instant)
    before.settle()

    assume(not played.is_waiting)
    for name, changes in played.live.changes.items():
        steps = [step_of(change) for change in changes]
        old = [step_of(change) for change in before.changes.get(name, [])]
        new = [step_of(change) for change in played.namespace.changes.get(name, [])[played.told.get(name, 0) :]]
        between = steps[len(old) : len(steps) - len(new)]
        assert (steps[: len(old)], steps[len(steps) - len(new) :]) == (old, new)
        assert [step.as_of for step in between] == [played.instant] * len(between)
        assert len(between) <= 1


@given(swaps(has_other_window=True), st.integers(0, 2**64 - 1))
def test_whoever_goes_over_once_a_swap_was_given_up_was_measured_by_the_old_window_until_it(
    drawn: Drawn, seed: int
) -> None:
    dice, log, at = Random(seed), a_log(drawn.world.log), drawn.swapped_at
    live, namespace = a_driver(drawn.world), a_driver(drawn.then)
    feed(live, log[drawn.missed : at], in_pieces, dice)
    before = a_driver(drawn.world)
    feed(before, log[drawn.missed : at], at_once, dice)
    before.progress.clock.advance(live.progress.clock.instant)
    before.settle()

    live.begin_swap(namespace)
    live.give_up()
    feed(live, log[at:], in_pieces, dice)
    live.settle()

    for name, changes in live.changes.items():
        old = before.changes.get(name, [])
        between = [step_of(change) for change in changes[len(old) :] if json.loads(change)["cause"] == "model"]
        assert changes[: len(old)] == old
        assert len(between) <= 1


@given(swaps(has_other_window=False), st.integers(0, 2**64 - 1))
def test_taking_over_what_is_already_so_changes_nothing(drawn: Drawn, seed: int) -> None:
    same = drawn._replace(missed=0)

    played = play(same, in_pieces, seed)

    if not played.is_waiting:
        assert played.live.changes == played.namespace.changes


@given(swaps(), st.integers(0, 5), st.integers(0, 2**64 - 1), st.booleans())
def test_a_swap_that_was_given_up_is_made_good_by_another_one(
    drawn: Drawn, chunks: int, seed: int, is_patient: bool
) -> None:
    dice, log, at = Random(seed), a_log(drawn.world.log), drawn.swapped_at
    live, namespace = a_driver(drawn.world), a_driver(drawn.then)
    feed(namespace, log[:at], at_once, dice)
    feed(live, log[drawn.missed : at], in_pieces, dice)
    namespace.settle()
    live.begin_swap(namespace, is_patient=is_patient)
    for record in log[at : at + chunks]:
        live.run([record], due_budget=1, slice_size=1)
    live.give_up()
    feed(live, [], in_pieces, dice)
    assert_measured_anew(live)
    given_up = {name: list(changes) for name, changes in live.changes.items()}

    feed(namespace, log[at : at + chunks], at_once, dice)
    namespace.settle()
    live.begin_swap(namespace, is_patient=is_patient)
    for driver, pace in ((live, in_pieces), (namespace, at_once)):
        feed(driver, log[at + chunks :], pace, dice)
        driver.settle()
    live.pay(sorted(live.states))

    assert_same(live, namespace)
    for name, changes in chains(live).items():
        assert live.changes[name][: len(given_up.get(name, []))] == given_up.get(name, [])
        assert [change["sequence"] for change in changes] == [*range(1, len(changes) + 1)]
        steps = [step_of_fields(change) for change in changes]
        assert all(one.to == next_.came_from for one, next_ in pairwise(steps))


def assert_measured_anew(driver: Driver) -> None:
    """Fail when somebody was left as the model before saw them."""
    for customer in map(decode_customer, driver.states.values()):
        if customer.waits_since == NOT_WAITING:
            found = customer.rfm.features(customer.rfm.as_of)
            segment = None if found is None else driver.scorer.ids[driver.scorer.assign(*found.numbers())]
            assert (customer.model_version, customer.segment or None) == (driver.scorer.version, segment)


def chains(driver: Driver) -> dict[str, list[dict[str, Any]]]:
    return {name: [json.loads(change) for change in changes] for name, changes in driver.changes.items()}
