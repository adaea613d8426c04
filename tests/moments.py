"""Moments of a demo, for whoever draws them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stream_app.demo.board import ORDER
from stream_app.demo.drawing.snapshot import DAY_US, HISTORY, KAFKA, Move, SegmentSize, Snapshot, Step

SEGMENTS = (
    SegmentSize("s1", "Champions", "They are among the last to have bought.", 1_162),
    SegmentSize("s2", "Regulars", "They buy more than most, with pauses.", 716),
    SegmentSize("s3", "Promising", "They bought lately, but little so far.", 151),
    SegmentSize("s4", "About to sleep", "They bought some time ago, and not much.", 322),
    SegmentSize("s5", "Hibernating", "They bought little, longer ago than most.", 118),
)

MOVES = (
    Move("2285", "Promising", "About to sleep", "has not bought for 74 days", "s3", "s4", is_by_time=True),
    Move("77", "Regulars", "Champions", "because of order 34010676753", "s2", "s1"),
    Move("1948", "first seen", "Hibernating", "from history", None, "s5"),
)


def a_start(**changes: Any) -> Snapshot:
    """Return a demo that waits for Kafka."""
    steps = [Step(name, f"{name.lower()} is there", 0.0, 0.5) for name in ORDER[: ORDER.index(KAFKA)]]
    steps.append(Step(KAFKA, "starting", 0.5))
    steps += [Step(name) for name in ORDER[ORDER.index(KAFKA) + 1 :]]
    return replace(Snapshot(seconds=2.0, steps=tuple(steps)), **changes)


def a_stream(**changes: Any) -> Snapshot:
    """Return a demo in the middle of its live orders."""
    steps = tuple(Step(name, f"{name.lower()} is there", 0.0, 8.2) for name in ORDER)
    moment = Snapshot(
        seconds=14.2, steps=steps, history_orders=77_745, live_orders=78_103, sent=60_210,
        records=77_749 + 54_210, history_records=77_749, orders_per_second=9_556.4, segments=SEGMENTS, moves=MOVES,
        causes=(("aging", 8_000), ("order", 6_029), ("history", 3)), first_change=8.4, live_began=9.0,
    )  # fmt: skip
    return replace(moment, **changes)


LAST_ORDER_US = 1_514_764_799_000_000
"""2017-12-31T23:59:59Z."""


def a_quiet_time(days: int, **changes: Any) -> Snapshot:
    """Return a demo in which nobody has bought for so many days, and 200 Champions have become Regulars."""
    sizes = [segment.households for segment in SEGMENTS]
    moved = [sizes[0] - 200, sizes[1] + 200, *sizes[2:]]
    segments = tuple(
        replace(segment, households=now, at_last_order=before)
        for segment, now, before in zip(SEGMENTS, moved, sizes, strict=True)
    )
    moment = an_end(
        seconds=25.0, records=77_749 + 78_103 + 40, segments=segments, moved_by_time=200,
        last_order_us=LAST_ORDER_US, clock_us=LAST_ORDER_US + days * DAY_US,
    )  # fmt: skip
    return replace(moment, **changes)


def an_end(**changes: Any) -> Snapshot:
    """Return a demo whose live orders are all done."""
    moment = a_stream(seconds=17.0, sent=78_103, records=77_749 + 78_103, live_ended=16.81)
    return replace(moment, **changes)


def a_load(done: int, total: int) -> Snapshot:
    """Return a demo that loads its history."""
    return a_stream(live_orders=0, moves=()).with_step(Step(HISTORY, "being folded", 4.0, None, done, total))
