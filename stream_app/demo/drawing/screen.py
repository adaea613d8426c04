"""Draws a snapshot as the lines of one screen; the same snapshot and size give the same lines."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from rich.text import Text

from stream_app.demo.drawing.snapshot import Move, Page, SegmentSize, Snapshot, Step
from stream_app.demo.drawing.strokes import (
    BAD,
    DIM,
    GOOD,
    LINK,
    STRONG,
    apart,
    block,
    clock,
    colour,
    day,
    line,
    spinner,
)

MAX_WIDTH = 132
"""Longer lines are hard to follow with the eye."""

TALL = 30
"""From so many rows on, the steps stay on the screen after they are done."""

WIDE = 118
"""From so many columns on, there is room for what a segment means."""

STEP_NAME_WIDTH = 13
STEP_BAR_WIDTH = 16
SHARE_WIDTH = 13
GAINED_WIDTH = 8
LONGEST_DAY = len("30 September 2018")
LEAST_BAR_WIDTH = 8
TITLE = "segstream demo"


def draw(snapshot: Snapshot, width: int, height: int) -> list[Text]:
    """Return the lines of a screen of this size, never more than fit."""
    inner = max(20, min(width, MAX_WIDTH) - 2)
    head = [header(snapshot, inner), Text()]
    head += _steps(snapshot, inner, is_short=height < TALL)
    head += pages(snapshot.pages)
    if snapshot.live_orders:
        head += [Text(), *_live(snapshot, inner)]
    if snapshot.segments:
        head += [Text(), Text("Households by segment", STRONG), *sizes(snapshot, inner)]
    if snapshot.moves and (room := height - len(head) - 2) > 0:
        head += [Text(), _moves_title(snapshot), *moves(snapshot, room)]
    return [_inset(text, width) for text in head[:height]]


def _inset(text: Text, width: int) -> Text:
    inset = Text.assemble(" ", text, no_wrap=True)
    inset.truncate(width, overflow="ellipsis")
    return inset


def header(snapshot: Snapshot, width: int) -> Text:
    """Return the first line: what this is, and for how long it has run."""
    left = Text.assemble((TITLE, STRONG), ("  a real Kafka, a real Valkey, one shop", DIM))
    return apart(left, Text.assemble(("Ctrl-C ends it   ", DIM), clock(snapshot.seconds)), width)


def _steps(snapshot: Snapshot, width: int, *, is_short: bool) -> list[Text]:
    if is_short and snapshot.is_ready:
        names = ", ".join(step.name for step in snapshot.steps)
        ended = max(step.ended or 0.0 for step in snapshot.steps)
        return [apart(Text.assemble(("✓ ", GOOD), (names, DIM)), Text(f"{ended:.1f} s", DIM), width)]
    return [step_line(step, snapshot.seconds, width) for step in snapshot.steps]


def step_line(step: Step, now: float, width: int) -> Text:
    """Return one step with its mark, its words and its time."""
    name = step.name.ljust(STEP_NAME_WIDTH)
    if step.began is None:
        return Text(f"· {name}", DIM)
    mark = Text(f"{spinner(now)} ") if step.is_running else Text("✓ ", GOOD)
    left = Text.assemble(mark, name, (step.words, DIM))
    right = Text(f"{step.seconds(now):6.1f} s", DIM)
    if step.is_running and step.total:
        right = Text.assemble(line(step.share, STEP_BAR_WIDTH), right)
    return apart(left, right, width)


def pages(found: Sequence[Page]) -> list[Text]:
    """Return the line that says where to look with a browser, once there is somewhere."""
    addresses = [part for page in found for part in (f"   {page.name} ", (page.url, LINK))]
    return [Text.assemble(("Open", STRONG), *addresses)] if found else []


def _live(snapshot: Snapshot, width: int) -> list[Text]:
    return [progress(snapshot, width), figures(snapshot), *date(snapshot)]


def progress(snapshot: Snapshot, width: int) -> Text:
    """Return how far the live orders are, and when they will be done."""
    left = Text("Live orders  ", STRONG)
    total = f"{snapshot.live_orders:,}"
    tail = f"  {snapshot.done:>{len(total)},} of {total}  {snapshot.share:>4.0%}  {_rest(snapshot):>9}"
    room = max(LEAST_BAR_WIDTH, width - left.cell_len - len(tail))
    return Text.assemble(left, line(snapshot.share, room), tail)


def _rest(snapshot: Snapshot) -> str:
    if snapshot.share >= 1:
        return "done"
    left = snapshot.seconds_left
    return "" if left is None else f"{clock(left)} left"


def figures(snapshot: Snapshot) -> Text:
    """Return the numbers to watch; their places stay where they are."""
    dead = (f"{snapshot.dead_letters:,}", BAD if snapshot.dead_letters else STRONG)
    return Text.assemble(
        *_speed(snapshot), ("     dead letters ", DIM), dead, ("     changes ", DIM), (f"{snapshot.changes:,}", STRONG)
    )


def _speed(snapshot: Snapshot) -> list[tuple[str, Style]]:
    if snapshot.last_order_us is not None:
        return [(f"{snapshot.average_speed:>7,.0f}", STRONG), (" orders/s till the last one", DIM)]
    return [
        (f"{snapshot.orders_per_second:>7,.0f}", STRONG), (" orders/s     lag ", DIM), (f"{snapshot.lag:>6,}", STRONG),
    ]  # fmt: skip


def date(snapshot: Snapshot) -> list[Text]:
    """Return how far the shop's time has come, and what it has done since the last order."""
    if snapshot.clock_us is None:
        return []
    left = Text.assemble(("Date         ", STRONG), day(snapshot.clock_us))
    if snapshot.quiet_days is None:
        return [left]
    return [
        Text.assemble(
            left, " " * (13 + LONGEST_DAY - left.cell_len),
            ("  no order for ", DIM), (f"{snapshot.quiet_days:>3,} days", STRONG),
            ("   moved by time ", DIM), (f"{snapshot.moved_by_time:,}", STRONG),
        )
    ]  # fmt: skip


def sizes(snapshot: Snapshot, width: int) -> list[Text]:
    """Return each segment's name, bar, number and share of the households."""
    most = max([1, *(segment.households for segment in snapshot.segments)])
    name_width = max(len(segment.name) for segment in snapshot.segments) + 2
    notes = max(len(segment.description) for segment in snapshot.segments) + 2 if width + 2 >= WIDE else 0
    gained = GAINED_WIDTH if snapshot.last_order_us is not None else 0
    bar_width = max(LEAST_BAR_WIDTH, width - name_width - SHARE_WIDTH - gained - notes)
    return [
        Text.assemble(
            (segment.name.ljust(name_width), colour(rank)),
            (block(segment.households / most, bar_width), colour(rank)),
            f"{segment.households:>7,}", (f"{_percent(segment, snapshot):>6}", DIM),
            _gained(segment).rjust(gained),
            (f"  {segment.description}" if notes else "", DIM),
        )
        for rank, segment in enumerate(snapshot.segments)
    ]  # fmt: skip


def _percent(segment: SegmentSize, snapshot: Snapshot) -> str:
    return f"{segment.households / snapshot.households:.0%}" if snapshot.households else ""


def _gained(segment: SegmentSize) -> str:
    return f"{segment.gained:+,}".replace("-", "−") if segment.gained else ""


def _moves_title(snapshot: Snapshot) -> Text:
    rest = f"  {len(snapshot.moves):,} of {snapshot.changes:,}" if snapshot.changes > len(snapshot.moves) else ""
    return Text.assemble(("Last changes", STRONG), (rest, DIM))


def moves(snapshot: Snapshot, most: int) -> list[Text]:
    """Return the newest moves in columns, both segments in their colours."""
    ranks = {segment.id: rank for rank, segment in enumerate(snapshot.segments)}
    shown = snapshot.moves[:most]
    ids = max((len(move.household) for move in snapshot.moves), default=0)
    names = max(len(name) for name in ["first seen", *(segment.name for segment in snapshot.segments)])
    return [_move(move, ranks, ids, names) for move in shown]


def _move(move: Move, ranks: dict[str, int], id_width: int, name_width: int) -> Text:
    return Text.assemble(
        ("household ", DIM), move.household.ljust(id_width + 2),
        (move.came_from.rjust(name_width), _style(move.from_id, ranks)), (" → ", DIM),
        (move.to.ljust(name_width + 2), _style(move.to_id, ranks)), (move.because, DIM),
    )  # fmt: skip


def _style(segment_id: str | None, ranks: dict[str, int]) -> Style:
    return colour(ranks[segment_id]) if segment_id in ranks else DIM
