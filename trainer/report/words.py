"""Numbers and lists as a sentence says them."""

from __future__ import annotations

from collections.abc import Sequence

from stream_app.core.instants import rfc3339


def count(many: float, noun: str) -> str:
    """Return so many things.

    >>> count(1, "order"), count(2.5, "order"), count(1200, "day")
    ('1 order', '2.5 orders', '1,200 days')
    """
    return f"{many:,.{0 if many == int(many) else 1}f} {noun}{'' if many == 1 else 's'}"


def percent(share: float) -> str:
    """Return a part of a whole.

    >>> percent(0.114)
    '11.4%'
    """
    return f"{share:.1%}"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence lists them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    *front, last = words
    return f"{', '.join(front)} and {last}" if front else last


def day(instant_us: int | None) -> str:
    """Return the day of an instant in UTC, a dash for none."""
    return "–" if instant_us is None else rfc3339(instant_us)[:10]
