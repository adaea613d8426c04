"""The proof is able to fail: each mistake in the protocol, made on purpose, is seen by the same comparison."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from tests.integration import scenarios
from tests.integration.deployment import Unfinished, undisturbed
from tests.integration.faulty_worker import BUGS
from tests.integration.results import Results, broken_chains, differences
from tests.integration.scenarios import Story, asked_for, told_at_once

STORIES: dict[str, Story] = {
    "redis_first": (scenarios.killed, "redis_first", 6, "redis_first"),
    "no_claim_check": (scenarios.wakes_to_apply_and_dies, "no_claim_check"),
    "unfenced_read": (scenarios.redis_emptied_before_the_first_read, "unfenced_read"),
    "end_before_offset": (scenarios.commits_while_another_takes_over, "end_before_offset"),
    "no_offsets": (scenarios.stopped, "begin", 6, "no_offsets"),
    "chunk_kept_over_revoke": (scenarios.stopped, "begin", 6, "chunk_kept_over_revoke"),
}

TWICE = "published 2 times"
CLUES = {
    "redis_first": "OFFSETS_DISAGREE",
    "no_claim_check": "hashes: ",
    "unfenced_read": TWICE,
    "end_before_offset": TWICE,
    "no_offsets": TWICE,
    "chunk_kept_over_revoke": TWICE,
}
"""What each mistake does to readers: any other difference would be an accident, not the mistake."""


@pytest.fixture(scope="module")
def expected(kafka: LocalKafka, valkey: LocalRedis, tmp_path_factory: pytest.TempPathFactory) -> Results:
    return undisturbed(kafka, valkey, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, expected: Results, kafka: LocalKafka, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Results]]]:
    with told_at_once(kafka, asked_for(request, STORIES), tmp_path_factory) as runs:
        yield runs


def test_every_mistake_has_its_story() -> None:
    assert sorted(STORIES) == sorted(CLUES) == sorted(BUGS)


@pytest.mark.parametrize("bug", STORIES)
def test_the_proof_sees_a_worker_with(bug: str, runs: dict[str, Future[Results]], expected: Results) -> None:
    try:
        seen = differences(expected, runs[bug].result())
    except Unfinished as unfinished:
        seen = [*broken_chains(unfinished.changes), str(unfinished)]

    assert any(CLUES[bug] in sentence for sentence in seen), seen
