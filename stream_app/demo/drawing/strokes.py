"""The smallest things the demo draws: bars, durations, and one colour per segment."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.style import Style
from rich.text import Text

COLOURS = ("#009e73", "#56b4e9", "#e69f00", "#cc79a7", "#d55e00", "#0072b2", "#999999")
"""Okabe and Ito's, which people with any colour vision can tell apart, in an order that keeps neighbours far apart."""

BLOCK = "▆"
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
TURNS_A_SECOND = 8

DIM = Style(dim=True)
STRONG = Style(bold=True)
GOOD = Style(color="#009e73", bold=True)
BAD = Style(color="#d55e00", bold=True)
LINK = Style(underline=True)
PLAIN = Style()


def colour(rank: int) -> Style:
    """Return a segment's colour by its place in the model."""
    return Style(color=COLOURS[rank % len(COLOURS)])


def block(share: float, width: int) -> str:
    """Return a solid bar, a little lower than its line, so that bars above each other stay apart.

    >>> block(0.5, 5)
    '▆▆   '
    """
    return (BLOCK * round(max(0.0, min(1.0, share)) * width)).ljust(width)


def line(share: float, width: int) -> Text:
    """Return a thin bar: what is done, and what is left."""
    full = round(max(0.0, min(1.0, share)) * width)
    return Text.assemble(("━" * full, PLAIN), ("─" * (width - full), DIM))


def clock(seconds: float) -> str:
    """Return a duration as people read it off a clock.

    >>> clock(75.2), clock(3_700)
    ('1:15', '1:01:40')
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def day(instant_us: int) -> str:
    """Return the day of an instant in microseconds since 1970, in UTC.

    >>> day(1_520_985_600_000_000)
    '14 March 2018'
    """
    moment = datetime.fromtimestamp(instant_us // 1_000_000, UTC)
    return f"{moment.day} {moment:%B %Y}"


def spinner(seconds: float) -> str:
    """Return the sign of something under way at this time."""
    return SPINNER[int(seconds * TURNS_A_SECOND) % len(SPINNER)]


def apart(left: Text, right: Text, width: int) -> Text:
    """Return one line with its halves at both ends; the left one gives way."""
    room = max(0, width - right.cell_len - 1)
    cut = left.copy()
    cut.truncate(room, overflow="ellipsis")
    return Text.assemble(cut, " " * max(0, width - cut.cell_len - right.cell_len), right)
