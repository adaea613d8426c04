"""A partition's share of a chunk: what it leaves undone, it says."""

from __future__ import annotations

from model_store.scoring import Scorer
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import read_chunk
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.lane import BREAKER, Lane
from stream_app.worker.store import Lease
from stream_app.worker.work import LaneWork
from tests.builders import a_basis, a_model, a_record


def test_a_tripped_breaker_leaves_the_customers_who_are_due_for_later() -> None:
    bad = [a_record(offset=offset, value_=b"{") for offset in range(100)]
    lane = Lane(Lease(0, "claim"), Progress(0), ActiveModel(Scorer(a_model())), a_basis())
    work = LaneWork(lane, read_chunk(bad, 0, (), lane.basis.rules))

    work.run()

    assert work.lane.paused == BREAKER
    assert not work.is_due_complete
