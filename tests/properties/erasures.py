"""Worlds in which people are erased, and come back, at any place among the orders."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from model_store.scoring import Scorer
from tests.builders import ARecord, a_marker, a_record_of, rules
from tests.driver import EVERYBODY, Driver
from tests.oracle import Fact
from tests.properties.worlds import World, worlds


class Said(NamedTuple):
    """A marker, and behind how many of the world's records it stands."""

    behind: int
    customer: str
    is_lifting: bool


Entry = Fact | Said


@st.composite
def erasures(draw: st.DrawFn) -> tuple[World, list[Entry]]:
    """Draw a world, and its log with markers of one kind and the other, repeated ones among them."""
    world = draw(worlds())
    dice = Random(draw(st.integers(0, 2**64 - 1)))
    number = draw(st.integers(1, 6))
    said = [
        Said(dice.randint(0, len(world.log)), dice.choice("aaabz"), is_lifting=dice.random() < 0.35)
        for _ in range(number)
    ]
    log: list[Entry] = list(world.log)
    for each in sorted(said, key=lambda each: -each.behind):
        log.insert(each.behind, each)
    return world, log


def records_of(log: list[Entry]) -> list[ARecord]:
    """Return the log as records, from offset 0 on."""
    return [
        a_marker(entry.customer, offset=offset, is_lifting=entry.is_lifting)
        if isinstance(entry, Said)
        else a_record_of(entry, offset)
        for offset, entry in enumerate(log)
    ]


def a_worker_of(world: World) -> Driver:
    """Return a partition that has read nothing yet."""
    return Driver(Scorer(world.model), rules(window_days=world.window_days))


def read_whole(world: World, log: list[Entry]) -> Driver:
    """Return the partition that has read a log in one chunk."""
    driver = a_worker_of(world)
    driver.run(records_of(log))
    driver.settle()
    return driver


def read_in_pieces(world: World, log: list[Entry], seed: int) -> Driver:
    """Return the partition that has read a log in chunks of any size, firing few boundaries at a time."""
    driver, dice, left = a_worker_of(world), Random(seed), records_of(log)
    while left:
        size = dice.choice((0, 1, 1, 2, 3, 7))
        driver.run(left[:size], due_budget=dice.choice((0, 1, 2, EVERYBODY)))
        del left[:size]
    driver.settle(due_budget=1)
    return driver


def erased_at_end(log: list[Entry]) -> set[str]:
    """Return whose last marker erases them."""
    last = {entry.customer: entry.is_lifting for entry in log if isinstance(entry, Said)}
    return {customer for customer, is_lifting in last.items() if not is_lifting}


def since_last_erasure(log: list[Entry], customer: str) -> list[Entry]:
    """Return a log without what a customer sent before they were last erased, and while they were."""
    kept: list[Entry] = []
    is_erased = False
    for entry in log:
        if isinstance(entry, Said):
            if entry.customer == customer:
                is_erased = not entry.is_lifting
                if is_erased:
                    kept = [each for each in kept if isinstance(each, Said) or each.customer != customer]
                continue
        elif entry.customer == customer and is_erased:
            continue
        kept.append(entry)
    return kept
