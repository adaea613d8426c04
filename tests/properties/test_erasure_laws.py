"""Laws of erasure: wherever a marker stands, nothing of the person remains, and nobody else notices."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from stream_app.core.erasure import decode_block
from stream_app.core.state_record import decode_customer, read_header
from stream_app.core.statistics import TOTALS, Fields, add_fields, by_segment, decode_fields, net_of, standing_of
from tests.builders import AN_ERASURE_KEY
from tests.driver import Driver
from tests.properties.erasures import (
    Entry,
    Said,
    erased_at_end,
    erasures,
    read_in_pieces,
    read_whole,
    since_last_erasure,
)
from tests.properties.worlds import World

seeds = st.integers(0, 2**64 - 1)
Drawn = tuple[World, list[Entry]]


def changes_of(driver: Driver, customer: str) -> list[dict[str, object]]:
    return [json.loads(change) for change in driver.changes.get(customer, [])]


@given(erasures())
def test_nothing_of_an_erased_person_remains(drawn: Drawn) -> None:
    world, log = drawn

    driver = read_whole(world, log)

    for customer in erased_at_end(log):
        assert customer not in driver.states
        assert customer not in driver.due
        block = decode_block(driver.blocks[AN_ERASURE_KEY.hash_of(customer)])
        assert not block.is_lifted
        assert block.sequence == len(driver.changes.get(customer, []))
    assert driver.progress.customers == len(driver.states)
    assert not any(AN_ERASURE_KEY.hash_of(customer) in driver.blocks for customer in driver.states)


@given(erasures())
def test_a_chain_is_unbroken_through_erasures_and_what_follows(drawn: Drawn) -> None:
    world, log = drawn

    driver = read_whole(world, log)

    for customer in driver.changes:
        chain = changes_of(driver, customer)
        assert [change["sequence"] for change in chain] == list(range(1, len(chain) + 1))
        for before, after in pairwise(chain):
            assert after["from"] == before["to"] or _names_only(before["to"], after["from"])
        for change in (each for each in chain if each["cause"] == "erasure"):
            assert change["to"] is None
            assert change["features"] == {"before": None, "after": None}
            assert isinstance(log[change["source"]["offset"]], Said)  # type: ignore[index]
        if customer in erased_at_end(log):
            assert chain[-1]["cause"] == "erasure"
        elif customer in driver.states:
            assert decode_customer(driver.states[customer]).sequence == len(chain)


def _names_only(one: object, other: object) -> bool:
    return isinstance(one, dict) and isinstance(other, dict) and one["id"] == other["id"]


@given(erasures())
def test_nobody_else_notices(drawn: Drawn) -> None:
    world, log = drawn
    erased = {entry.customer for entry in log if isinstance(entry, Said)}

    driver = read_whole(world, log)
    without = read_whole(world, list(world.log))
    # Of somebody erased nobody knows any more that an order contradicts an earlier one, and must not move the clock.
    assume(not any((record.key() or b"").decode() in erased for record, _ in without.dead_letters))

    for customer in {"a", "b", "c"} - erased:
        assert driver.states.get(customer) == without.states.get(customer)
        mine = [change | {"source": None} for change in changes_of(driver, customer)]
        assert mine == [change | {"source": None} for change in changes_of(without, customer)]


@given(erasures(), seeds)
def test_chunks_never_show_in_erasures(drawn: Drawn, seed: int) -> None:
    whole, cut = read_whole(*drawn), read_in_pieces(*drawn, seed)

    assert cut.changes == whole.changes
    assert cut.states == whole.states
    assert cut.due == whole.due
    assert cut.blocks == whole.blocks
    assert cut.figures == whole.figures
    assert cut.progress.customers == whole.progress.customers
    assert cut.progress.clock.instant == whole.progress.clock.instant
    assert [record.offset() for record, _ in cut.dead_letters] == [record.offset() for record, _ in whole.dead_letters]


@given(erasures(), seeds)
def test_the_figures_are_those_of_who_is_left(drawn: Drawn, seed: int) -> None:
    driver = read_in_pieces(*drawn, seed)

    counted: Fields = {}
    for record in driver.states.values():
        add_fields(counted, standing_of(read_header(record)))
    totals = decode_fields(driver.figures.get(TOTALS, b"{}"))
    assert _of_somebody(counted) == _of_somebody(totals)
    net: Fields = {}
    for name, record in driver.figures.items():
        if name != TOTALS:
            add_fields(net, net_of(decode_fields(record)))
    assert _of_somebody(net) == _of_somebody(totals)


def _of_somebody(totals: Fields) -> dict[str, tuple[int, int]]:
    return {id_: (each.customers, each.monetary) for id_, each in by_segment(totals).items() if any(each)}


@given(erasures())
def test_another_marker_of_the_same_kind_changes_nothing(drawn: Drawn) -> None:
    world, log = drawn
    doubled: list[Entry] = [each for entry in log for each in ([entry, entry] if isinstance(entry, Said) else [entry])]

    once, twice = read_whole(world, log), read_whole(world, doubled)

    assert twice.states == once.states
    assert twice.blocks == once.blocks
    assert twice.figures == once.figures
    assert {name: len(changes) for name, changes in twice.changes.items()} == {
        name: len(changes) for name, changes in once.changes.items()
    }


@given(erasures())
def test_what_a_person_sent_before_an_erasure_never_counts_again(drawn: Drawn) -> None:
    world, log = drawn

    driver = read_whole(world, log)

    for customer in (name for name in driver.states if name in "ab"):
        begun_anew = read_whole(world, since_last_erasure(log, customer))
        got, wanted = (decode_customer(each.states[customer]) for each in (driver, begun_anew))
        assert got.rfm.held.encoded() == wanted.rfm.held.encoded()
        assert (got.segment, got.features) == (wanted.segment, wanted.features)


@given(erasures())
def test_no_dead_letter_tells_of_an_erased_person(drawn: Drawn) -> None:
    world, log = drawn
    driver = read_whole(world, log)

    for record, _ in driver.dead_letters:
        said = [entry for entry in log[: record.offset()] if isinstance(entry, Said)]
        assert (record.key() or b"").decode() not in erased_at_end(list(said))
