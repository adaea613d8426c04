"""Worlds in which models follow one another, and how a partition lives through them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st
from msgspec.structs import replace

from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from tests.builders import a_log, rules
from tests.driver import EVERYBODY, Driver
from tests.oracle import Era, Predict
from tests.properties.worlds import World, throw_model, worlds


class Promoted(NamedTuple):
    """A model, and how many records were read when it was promoted."""

    since: int
    model: SegmentModel
    is_quiet: bool


@st.composite
def promotions(draw: st.DrawFn) -> tuple[World, list[Promoted]]:
    """Draw a world, and models that follow its own at places in its log; the last may be its own again."""
    world = draw(worlds())
    dice = Random(draw(st.integers(0, 2**64 - 1)))
    places = sorted(draw(st.lists(st.integers(0, len(world.log)), min_size=1, max_size=3)))
    promoted = [
        Promoted(place, another_model(dice, f"v{number}"), dice.random() < 0.3) for number, place in enumerate(places)
    ]
    if len(promoted) > 1 and dice.random() < 0.5:
        promoted[-1] = promoted[-1]._replace(model=world.model)
    return world, promoted


def another_model(dice: Random, version: str) -> SegmentModel:
    model = throw_model(dice)
    segments = tuple(replace(segment, name=f"{segment.name} {version}") for segment in model.segments)
    return replace(model, version=version, segments=segments)


Pace = Callable[[Random], tuple[int, int, int]]
"""Says what a chunk takes of records, due customers and a slice."""


def at_once(_: Random) -> tuple[int, int, int]:
    return EVERYBODY, EVERYBODY, EVERYBODY


def in_pieces(dice: Random) -> tuple[int, int, int]:
    return dice.choice((0, 1, 3)), dice.choice((0, 1, EVERYBODY)), dice.choice((0, 1))


def play(world: World, promoted: list[Promoted], pace: Pace, seed: int) -> Driver:
    """Send the log and switch at the places; a pace says what a chunk takes of records, due customers and a slice."""
    driver, dice, log = (
        Driver(Scorer(world.model), rules(window_days=world.window_days)),
        Random(seed),
        a_log(world.log),
    )
    read = 0
    for step in [*promoted, None]:
        until = len(log) if step is None else step.since
        while read < until or driver.switch is not None:
            size, due_budget, slice_size = pace(dice)
            records = log[read : min(read + size, until)]
            driver.run(records, due_budget=due_budget, slice_size=slice_size)
            read += len(records)
        if step is not None:
            is_patient = pace is in_pieces and dice.random() < 0.5
            driver.begin_switch(Scorer(step.model), is_quiet=step.is_quiet, is_patient=is_patient)
    driver.settle()
    for name in sorted(driver.states):
        driver.pay([name])
    return driver


def predict_by(model: SegmentModel) -> Predict:
    scorer = Scorer(model)
    return lambda r, f, m, u: scorer.ids[scorer.assign(r, f, m, u)]


def eras_of(world: World, promoted: list[Promoted]) -> list[Era]:
    """Return the models as the oracle knows them."""
    later = (Era(step.since, predict_by(step.model), step.is_quiet) for step in promoted)
    return [Era(0, predict_by(world.model)), *later]
