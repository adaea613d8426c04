"""What stands on the terminal when the orders are done: the summary, and what to try against the running system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text

from stream_app.demo.drawing.screen import MAX_WIDTH, pages, sizes
from stream_app.demo.drawing.snapshot import Page, Snapshot
from stream_app.demo.drawing.strokes import DIM, GOOD, STRONG

BY_CAUSE = {
    "order": "by orders",
    "return": "by returns",
    "correction": "by corrected orders",
    "aging": "by time",
    "expiry": "by expired orders",
    "model": "by a new model",
    "erasure": "by erasure",
    "history": "from history",
}


@dataclass(frozen=True)
class Try:
    """A command to paste, and what it is good for."""

    command: str
    why: str


def summary(snapshot: Snapshot, width: int) -> list[Text]:
    """Return what happened: orders in, throughput, changes by cause, households per segment."""
    inner = max(20, min(width, MAX_WIDTH) - 2)
    first = "" if snapshot.first_change is None else f", the first after {snapshot.first_change:.1f} s"
    orders = Text.assemble(
        *[("✓ ", GOOD), (f"{snapshot.live_orders:,} live orders", STRONG)],
        *[f" in {snapshot.live_seconds:.1f} s, after {snapshot.history_orders:,} of the past: "],
        *[(f"{snapshot.average_speed:,.0f} orders/s", STRONG)],
    )
    changes = Text.assemble(
        *[("✓ ", GOOD), (f"{snapshot.changes:,} changes", STRONG)],
        *[f"{first}; dead letters {snapshot.dead_letters:,}"],
    )
    return [orders, changes, Text(f"  {_causes(snapshot)}"), *quiet(snapshot), Text(), *sizes(snapshot, inner)]


def quiet(snapshot: Snapshot) -> list[Text]:
    """Return what time alone has done since the last order, as one sentence."""
    if snapshot.last_order_us is None:
        return []
    before, moved = snapshot.households_at_last_order, snapshot.moved_by_time
    share = f" ({moved / before:.0%})" if before else ""
    return [
        Text.assemble(
            ("✓ ", GOOD), "Half a year without orders: ", ("time alone moved ", STRONG),
            (f"{moved:,} of {before:,} households{share}", STRONG),
        )
    ]  # fmt: skip


def _causes(snapshot: Snapshot) -> str:
    return ", ".join(f"{count:,} {BY_CAUSE[cause]}" for cause, count in snapshot.causes)


def next_steps(opened: Sequence[Page], exports: Mapping[str, str], commands: Sequence[Try]) -> list[Text]:
    """Return the pages to open, and the lines to paste into another terminal."""
    column = max(len(one.command) for one in commands)
    return [
        *pages(opened),
        Text("Everything still runs. In another terminal:", STRONG),
        *(Text(f"  export {name}={value}") for name, value in exports.items()),
        *(Text.assemble(f"  {one.command.ljust(column)}", (f"  # {one.why}", DIM)) for one in commands),
        Text("Ctrl-C ends it all and leaves nothing behind.", DIM),
    ]
