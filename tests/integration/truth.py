"""What is true of a real shop's customers, by brute force, and in which sentences a run differs from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest

from tests.driver import step_of_fields
from tests.integration.real_logs import Scene, log_of, trained
from tests.integration.results import Change
from tests.nearest import Nearest
from tests.oracle import Evaluation, Fact, Step, live, steps_of

BY_TIME = {"aging", "expiry"}
Steps = dict[str, list[Step]]


@dataclass(frozen=True)
class Truth:
    """A scene as the oracle tells it."""

    scene: Scene
    logs: list[list[Fact]]
    evaluations: dict[str, list[Evaluation]]
    steps: Steps
    on_border: int
    """Evaluated features whose two nearest centroids are too near to each other for the product's logarithms."""

    def in_words(self) -> str:
        """Return what was evaluated, and how many changes it led to."""
        scene = self.scene
        steps = [step for mine in self.steps.values() for step in mine]
        of_time = sum(step.cause in BY_TIME for step in steps)
        return (
            f"{scene.shop}, window {scene.window_days}, {scene.returns} returns, {scene.arrival}, {scene.times} times: "
            f"{len(self.evaluations):,} customers, {sum(map(len, self.evaluations.values())):,} evaluations, "
            f"{len(steps):,} changes, {of_time:,} by time alone, {self.on_border} rows on a border"
        )


@lru_cache(maxsize=2)
def truth_of(scene: Scene, one_of: int = 1) -> Truth:
    """Tell a scene; one in so many customers takes part."""
    return told(scene, log_of(scene, one_of=one_of))


def told(scene: Scene, logs: list[list[Fact]]) -> Truth:
    """Evaluate everybody in these logs at every order and boundary, and score all by scikit-learn."""
    evaluations: dict[str, list[Evaluation]] = {}
    for log in logs:
        lives = live(log, scene.window)
        assert not lives.refused
        evaluations |= lives.evaluations
    nearest = Nearest(trained(scene.shop, scene.window_days))
    rows = {each.row for mine in evaluations.values() for each in mine if each.row is not None}
    segments = nearest.segments(rows)
    steps = {customer: steps_of(mine, lambda *row: segments[row]) for customer, mine in evaluations.items()}
    steps = {customer: mine for customer, mine in steps.items() if mine}
    return Truth(scene, logs, evaluations, steps, nearest.on_border)


def steps_told(changes: dict[str, list[Change]]) -> Steps:
    """Return published changes as the oracle's steps."""
    return {customer: [step_of_fields(change) for change in chain] for customer, chain in changes.items()}


def differences(expected: Steps, found: Steps) -> list[str]:
    """Return how the changes differ, as sets and customer by customer in order; empty when they do not."""
    wanted, got = Counter(_all(expected)), Counter(_all(found))
    sides = (("changes are missing", wanted - got), ("changes are too many", got - wanted))
    wrong = [customer for customer in sorted(expected | found) if expected.get(customer) != found.get(customer)]
    problems = [f"{changes.total()} {what}, as {next(iter(changes))}" for what, changes in sides if changes]
    if wrong:
        problems.append(
            f"{len(wrong)} customers' changes differ, as those of {_first_difference(wrong[0], expected, found)}"
        )
    return problems


def _all(steps: Steps) -> Iterator[tuple[str, Step]]:
    return ((customer, step) for customer, mine in steps.items() for step in mine)


def _first_difference(customer: str, expected: Steps, found: Steps) -> str:
    """Return where a customer's changes part."""
    pairs = enumerate(zip_longest(expected.get(customer, []), found.get(customer, [])))
    place, (wanted, got) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
    return f"{customer}, number {place}: {got} instead of {wanted}"
