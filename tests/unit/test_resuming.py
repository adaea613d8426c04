"""What an operator's word does to a partition that is paused, by what it is paused for."""

from __future__ import annotations

import pytest

from model_store.scoring import Scorer
from stream_app.contract.control import Resume, Skip
from stream_app.core.breaker import Breaker
from stream_app.core.outcome import Progress
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.lane import BREAKER, CORRUPT_BATCH, HELD, Lane
from stream_app.worker.operator import resume
from stream_app.worker.store import Lease
from tests.builders import NOW, a_basis, a_model

RESUME = Resume(partition=0, by="test", why="", at=NOW)
SKIP = Skip(partition=0, to_offset=90, by="test", why="", at=NOW)


def a_paused_lane(reason: str) -> Lane:
    progress = Progress(0, source_position=40, breaker=Breaker(read=50, in_a_row=9))
    return Lane(Lease(0, "claim"), progress, ActiveModel(Scorer(a_model())), a_basis(), paused=reason)


@pytest.mark.parametrize(("reason", "in_a_row"), [(BREAKER, 0), (CORRUPT_BATCH, 9), (HELD, 9)])
def test_only_a_partition_that_the_breaker_paused_begins_to_count_refusals_anew(reason: str, in_a_row: int) -> None:
    lane = a_paused_lane(reason)

    assert resume(lane, [RESUME])

    assert (lane.paused, lane.progress.breaker.in_a_row) == ("", in_a_row)


@pytest.mark.parametrize(("reason", "position"), [(CORRUPT_BATCH, 90), (HELD, 40), ("", 40)])
def test_a_skip_gives_no_order_up_of_a_partition_that_can_read_them(reason: str, position: int) -> None:
    lane = a_paused_lane(reason)

    resume(lane, [SKIP])

    assert (lane.paused, lane.progress.source_position) == ("", position)
