"""Who writes on the demo's board, and who guards its parts."""

from __future__ import annotations

import pytest

from stream_app.core.errors import LocalPartError
from stream_app.demo.board import Board
from stream_app.demo.drawing.snapshot import DAY_US, KAFKA, REDIS, Seen
from stream_app.demo.guard import Guard
from stream_app.demo.pace import Pace
from tests.moments import LAST_ORDER_US, MOVES, SEGMENTS


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def seen(households: int = 4, **changes: int) -> Seen:
    return Seen(
        records=9, records_per_second=3.0, dead_letters=1, households={"s1": households}, moves=MOVES,
        causes=tuple(changes.items()), clock_us=LAST_ORDER_US + 7 * DAY_US, moved_by_time=1,
    )  # fmt: skip


def test_a_step_is_timed_from_its_begin_to_its_end() -> None:
    watch = Watch()
    board = Board(watch)

    watch.now = 101.0
    board.begin(KAFKA, "starting")
    watch.now = 103.5
    running = board.snapshot().step(KAFKA)
    board.end(KAFKA, "answers")
    watch.now = 109.0

    assert (running.is_running, running.seconds(3.5)) == (True, 2.5)
    done = board.snapshot().step(KAFKA)
    assert (done.is_running, done.seconds(board.seconds()), done.words) == (False, 2.5, "answers")
    assert board.snapshot().step(REDIS).began is None


def test_a_snapshot_stays_as_it_was() -> None:
    board = Board(Watch())
    before = board.snapshot()

    board.change(sent=5)

    assert (before.sent, board.snapshot().sent) == (0, 5)


def test_the_first_change_is_noted_when_it_is_first_seen() -> None:
    watch = Watch()
    board = Board(watch)
    board.change(segments=SEGMENTS)

    board.take(seen())
    watch.now = 108.0
    board.take(seen(history=2))
    watch.now = 120.0
    board.take(seen(history=2, order=1))

    moment = board.snapshot()
    assert moment.first_change == 8.0
    assert [segment.households for segment in moment.segments] == [4, 0, 0, 0, 0]
    assert (moment.records, moment.dead_letters, moment.moves, moment.changes) == (9, 1, MOVES, 3)


def test_after_the_last_order_a_segment_remembers_how_large_it_was() -> None:
    board = Board(Watch())
    board.change(segments=SEGMENTS)
    board.take(seen(4))
    assert (board.snapshot().quiet_days, board.snapshot().segments[0].gained) == (None, None)

    board.end_orders(LAST_ORDER_US)
    board.take(seen(1))

    moment = board.snapshot()
    assert [segment.gained for segment in moment.segments] == [-3, 0, 0, 0, 0]
    assert (moment.households_at_last_order, moment.moved_by_time, moment.quiet_days) == (4, 1, 7)


@pytest.mark.parametrize(
    ("returncode", "how"),
    [(1, "return code 1; it said: no space left"), (-9, "it was killed, by somebody or because memory ran out.")],
)
def test_a_part_that_ends_by_itself_is_named_with_how_it_ended(returncode: int, how: str) -> None:
    guard = Guard()
    returncodes = [None, returncode]

    with guard.over("Kafka", lambda: returncodes.pop(0), lambda: "no space left"):
        assert guard.failure() is None
        failure = guard.failure()
    assert isinstance(failure, LocalPartError)
    assert failure.cause == f"Kafka has ended by itself: {how}"
    assert guard.failure() is None


def test_a_pace_forgets_what_is_long_ago() -> None:
    pace = Pace(span_seconds=2.0)

    rates = [pace.see(now, count) for now, count in [(0.0, 0), (1.0, 100), (2.0, 200), (4.0, 200), (5.0, 200)]]

    assert rates == [0.0, 100.0, 100.0, 0.0, 0.0]
