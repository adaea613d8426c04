"""Tells a demo in plain lines, for pipes, logs and terminals that cannot move a cursor."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.demo.drawing.snapshot import Move, Snapshot, Step
from stream_app.demo.drawing.strokes import clock, day

MOST_MOVES = 3
"""So many changes are told beside each status line."""


def opening() -> str:
    """Return the first line."""
    return "segstream demo: a real Kafka, a real Valkey, one shop. Ctrl-C ends it."


def finished(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """Yield a line for each step that ended between two snapshots, in the order in which they ended."""
    known = {step.name for step in before.steps if step.ended is not None}
    ended = [step for step in after.steps if step.ended is not None and step.name not in known]
    for step in sorted(ended, key=_end):
        yield f"✓ {step.name}: {step.words} ({step.seconds(after.seconds):.1f} s)"
    yield from (f"  {page.name}: {page.url}" for page in after.pages if page not in before.pages)


def _end(step: Step) -> float:
    return step.ended or 0.0


def status(snapshot: Snapshot) -> Iterator[str]:
    """Yield how things stand: what the demo waits for, or how far the live orders are."""
    if not snapshot.is_ready:
        waiting = [f"{step.name}: {step.words}" for step in snapshot.steps if step.is_running]
        if waiting:
            yield f"  {clock(snapshot.seconds)}  waiting for {'; '.join(waiting)}"
    elif snapshot.quiet_days is not None:
        yield (
            f"  {clock(snapshot.seconds)}  {day(snapshot.clock_us or 0)}: no order for {snapshot.quiet_days} days · "
            f"moved by time alone {snapshot.moved_by_time:,} households · changes {snapshot.changes:,}"
        )
    elif snapshot.live_orders:
        left = snapshot.seconds_left
        rest = "" if left is None or snapshot.share >= 1 else f", {clock(left)} left"
        yield (
            f"  {clock(snapshot.seconds)}  {snapshot.done:,} of {snapshot.live_orders:,} live orders "
            f"({snapshot.share:.0%}){rest} · {snapshot.orders_per_second:,.0f} orders/s · lag {snapshot.lag:,} · "
            f"dead letters {snapshot.dead_letters:,} · changes {snapshot.changes:,}"
        )


def news(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """Yield a few of the moves that are not in the earlier snapshot, the oldest first."""
    told = set(before.moves)
    fresh: list[Move] = [move for move in after.moves if move not in told]
    for move in reversed(fresh[:MOST_MOVES]):
        yield f"        {move.sentence}"
