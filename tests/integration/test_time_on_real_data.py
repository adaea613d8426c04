"""Time moves two real shops' customers when, why and in the order in which a brute-force recount does."""

from __future__ import annotations

import os
from itertools import product

import pytest

from model_store.scoring import Scorer
from stream_app.core.pipeline import Chunk
from tests.builders import ARecord, a_log, rules
from tests.driver import EVERYBODY, Driver, step_of
from tests.integration.figures import Figures
from tests.integration.real_logs import SHOPS, Scene, trained
from tests.integration.truth import Steps, differences, truth_of
from tests.wrong_chunks import WRONG_CHUNKS, ClockOfTheChunk

IS_LONG = "SEGSTREAM_PROVE" in os.environ

ONE_OF = {"online-retail": 40, "completejourney": 150}
"""In the short form, one in so many customers."""

ALL_SCENES = [
    Scene(*choice)
    for choice in product(SHOPS, (365, 90, None), ("unlinked", "linked"), ("in order", "late"), ("exact", "dates"))
]
SHORT_SCENES = [
    Scene("online-retail", 365, "unlinked", "in order", "exact"),
    Scene("online-retail", 90, "linked", "late", "dates"),
    Scene("completejourney", 365, "unlinked", "late", "dates"),
]
SEEDED = SHORT_SCENES[-1]
SCENES = ALL_SCENES if IS_LONG else SHORT_SCENES

CUTS = [(1, EVERYBODY), (7, EVERYBODY), (1_000, EVERYBODY), (20_000, EVERYBODY), (7, 3), (1_000, 50)]
"""Records in a chunk, and how many of the customers that were due before it are served with it."""


def one_of(scene: Scene) -> int:
    return 1 if IS_LONG else ONE_OF[scene.shop]


def played(
    scene: Scene, logs: list[list[ARecord]], size: int, due_budget: int, chunk_class: type[Chunk] = Chunk
) -> Steps:
    """Run every partition's log in chunks, and then whatever is still due."""
    changes: dict[str, list[bytes]] = {}
    for log in logs:
        driver = Driver(Scorer(trained(scene.shop, scene.window_days)), rules(window_days=scene.window_days))
        driver.chunk_class = chunk_class
        for first in range(0, len(log), size):
            driver.run(log[first : first + size], due_budget=due_budget)
        driver.settle(due_budget=due_budget)
        assert driver.dead_letters == []
        changes |= driver.changes
    return {customer: [step_of(change) for change in mine] for customer, mine in changes.items()}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: "-".join(map(str, scene)))
def test_every_change_is_the_one_that_a_recount_finds(scene: Scene, figures: Figures) -> None:
    truth = truth_of(scene, one_of(scene))
    logs = [a_log(log) for log in truth.logs]

    found = {cut: differences(truth.steps, played(scene, logs, *cut)) for cut in CUTS}

    figures.append(f"{truth.in_words()}, {len(CUTS)} runs, {sum(map(bool, found.values()))} of them different")
    assert {step.cause for mine in truth.steps.values() for step in mine} >= {"order", "aging"}
    assert found == {cut: [] for cut in CUTS}


@pytest.mark.parametrize("mistake", WRONG_CHUNKS)
def test_the_recount_sees_a_chunk_with(mistake: type[Chunk]) -> None:
    truth = truth_of(SEEDED, ONE_OF[SEEDED.shop])
    logs = [a_log(log) for log in truth.logs]

    assert differences(truth.steps, played(SEEDED, logs, 50, EVERYBODY, mistake)) != []


def test_the_clock_of_a_chunk_is_no_mistake_when_it_holds_one_record() -> None:
    truth = truth_of(SEEDED, ONE_OF[SEEDED.shop])
    logs = [a_log(log) for log in truth.logs]

    assert differences(truth.steps, played(SEEDED, logs, 1, EVERYBODY, ClockOfTheChunk)) == []
