"""The time after the last order: nobody buys, and the clock of every partition is told so again and again."""

from __future__ import annotations

from collections.abc import Iterator

from stream_app.core.instants import DAY_US
from stream_app.demo.drawing.snapshot import QUIET_DAYS

WEEK_DAYS = 7
WEEK_SECONDS = 0.5
"""26 weeks in 13 seconds: long enough to read the date, short enough to stay."""

HURRIED_DAYS = 26
"""For whom nobody watches: few steps that end with the same day."""


def quiet_instants(last_order_us: int, step_days: int = WEEK_DAYS) -> Iterator[int]:
    """Yield how far time comes, step by step, while nobody buys.

    >>> from stream_app.core.instants import rfc3339
    >>> weeks = [rfc3339(instant) for instant in quiet_instants(0)]
    >>> len(weeks), weeks[0], weeks[-1]
    (26, '1970-01-08T00:00:00Z', '1970-07-02T00:00:00Z')
    """
    for days in range(step_days, QUIET_DAYS + 1, step_days):
        yield last_order_us + days * DAY_US
