"""What the live page says of the segments, in words and tables: pure."""

from __future__ import annotations

from datetime import timedelta

from stream_app.dashboard.answers import Activity, Segments
from stream_app.dashboard.colours import Ground
from stream_app.dashboard.figures import NONE, count, day_and_time, difference, moment_of, signed
from stream_app.dashboard.markup import chip, difference_cell

READINGS = 60
"""So many are remembered for the small curves: two minutes."""


def totals_before(found: Segments, days: int) -> tuple[float | None, float | None]:
    """Return all customers and all revenue so many days earlier; None where they are not known."""
    then = [state for segment in found.segments if (state := segment.earlier.get(str(days))) is not None]
    if not then:
        return None, None
    return sum(state.customers for state in then), sum(state.revenue for state in then)


def customers_delta(found: Segments, days: int) -> str:
    """Return how the number of customers changed."""
    return _arrowed(difference(found.customers, totals_before(found, days)[0], days))


def revenue_delta(found: Segments, days: int) -> str:
    """Return how the revenue changed."""
    before = totals_before(found, days)[1]
    return _arrowed(difference(found.revenue, before, days).replace("fewer", "less"))


def _arrowed(words: str) -> str:
    arrow = "▲ " if " more " in words else "▼ " if " fewer " in words or " less " in words else ""
    return arrow + words


def segment_rows(found: Segments, days: int, ground: Ground) -> list[dict[str, str]]:
    """Return the segments for a table: sizes and revenue now, and against so many days earlier."""
    rows = []
    for segment in found.segments:
        then = segment.earlier.get(str(days))
        rows.append(
            {
                "Segment": chip(segment.name, segment.id, ground),
                "Customers": count(segment.customers),
                "Change": difference_cell(signed(segment.customers, None if then is None else then.customers)),
                f"Revenue, {found.currency}": count(segment.revenue),
                "Change of revenue": difference_cell(signed(segment.revenue, None if then is None else then.revenue)),
            }
        )
    return rows


def span(found: Segments, days: int) -> tuple[str, str] | None:
    """Return the first and the last day of so many days of event time; None before anything was scored."""
    now = moment_of(found.as_of)
    if now is None:
        return None
    return (now - timedelta(days=days - 1)).date().isoformat(), now.date().isoformat()


def as_of_words(found: Segments) -> str:
    """Return what instant the numbers are of."""
    return f"As of {day_and_time(found.as_of)}, by the orders' own time." if found.as_of else "Nobody was scored yet."


def lag_words(found: Activity) -> str:
    """Return how many orders wait."""
    return NONE if found.lag is None else count(found.lag)


def paused_words(found: Activity) -> str:
    """Return which partitions stand still, or nothing."""
    paused = [part for part in found.partitions if part.paused]
    if not paused:
        return ""
    told = "; ".join(f"partition {part.partition} ({part.paused})" for part in paused)
    return f"Paused: {told}. Their orders wait. See segstream doctor."
