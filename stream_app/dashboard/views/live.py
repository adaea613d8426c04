"""The live page: how many are where, who moves, why, and how the stream runs; parts of it renew themselves."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import streamlit as st

from stream_app.dashboard import asking, markup
from stream_app.dashboard.answers import Segments
from stream_app.dashboard.charts.causes import causes
from stream_app.dashboard.charts.flow import flow
from stream_app.dashboard.charts.sizes import sizes
from stream_app.dashboard.feed import feed_entries
from stream_app.dashboard.figures import NONE, count, rate, short_money
from stream_app.dashboard.overview import (
    READINGS,
    as_of_words,
    customers_delta,
    lag_words,
    paused_words,
    revenue_delta,
    segment_rows,
    span,
)
from stream_app.dashboard.screen import AGAIN, heading, pen, put, section, show, telling_failures

SPANS = (7, 30, 90)
EMPTY = markup.state(
    "No customers yet",
    "As soon as a worker has scored the first orders, the segments are here.",
    "Send orders to the orders topic, or load a file: segstream load --help.",
)


def live() -> None:
    """Show the page."""
    heading("Live", "Where the customers are, who moves, and why.")
    days = st.segmented_control(
        "Compare with", SPANS, default=30, required=True, format_func=lambda days: f"{days} days earlier", key="days"
    ) or 30  # fmt: skip
    pulse(days)
    segments_now(days)
    moves(days)
    newest()


@st.fragment(run_every=2)
def pulse(days: int) -> None:
    """Show the numbers that change all the time."""
    with telling_failures(AGAIN):
        found, running = asking.segments(), asking.activity()
        rates = _remember("rates", running.orders_per_second or 0.0)
        lags = _remember("lags", float(running.lag or 0))
        speed = NONE if running.orders_per_second is None else rate(running.orders_per_second)
        put(
            markup.tiles(
                [
                    markup.tile("Customers in a segment", count(found.customers), customers_delta(found, days)),
                    markup.tile(
                        "Revenue in the window", short_money(found.revenue, found.currency), revenue_delta(found, days)
                    ),
                    markup.tile("In no segment", count(found.lapsed), "Lapsed, or not scored yet"),
                    markup.tile("Orders a second", speed, markup.sparkline(rates, "Orders a second, last two minutes")),
                    markup.tile(
                        "Orders that wait",
                        lag_words(running),
                        markup.sparkline(lags, "Orders that wait, last two minutes"),
                    ),
                ]
            )
        )
        put(markup.note(as_of_words(found)))
        if paused := paused_words(running):
            st.warning(paused)


def _remember(name: str, reading: float) -> list[float]:
    """Return the last readings of this visitor's page; older ones are forgotten."""
    kept: deque[float] = st.session_state.setdefault(name, deque(maxlen=READINGS))
    kept.append(reading)
    return list(kept)


@st.fragment(run_every=4)
def segments_now(days: int) -> None:
    """Show the segments' sizes."""
    section("Segments")
    with telling_failures(AGAIN):
        found = asking.segments()
        if not found.customers:
            put(EMPTY)
            return
        chart, numbers = st.columns([5, 6], gap="large")
        with chart:
            show(sizes(found, days, pen()), "sizes")
        with numbers:
            put(markup.note(f"Changes are against {days} days earlier."))
            put(markup.table(segment_rows(found, days, pen().ground), "Customers and revenue by segment"))


@st.fragment(run_every=10)
def moves(days: int) -> None:
    """Show who moved in the chosen days."""
    section("Moves")
    with telling_failures(AGAIN):
        found = asking.segments()
        between = span(found, days)
        moved = asking.migrations(*between).migrations if between else []
        drawn = flow(moved, _order(found), days, pen())
        why = causes(moved, days, pen())
        if drawn is None or why is None:
            put(markup.state("Nobody moved", f"In the last {days} days of the orders' time nobody changed segment."))
            return
        left, right = st.columns([3, 2], gap="large")
        with left:
            show(drawn, "flow")
        with right:
            show(why, "causes")


def _order(found: Segments) -> Sequence[str]:
    return [segment.id for segment in found.segments]


@st.fragment(run_every=2)
def newest() -> None:
    """Show the last changes in words."""
    section("Latest changes", "Newest first, with the instant at which each became true.")
    with telling_failures(AGAIN):
        changes = asking.recent_changes().changes
        if not changes:
            put(markup.state("Quiet", "No change since the API was started. They appear here as they happen."))
            return
        with st.container(height=430, border=True, key="feed"):
            put(markup.feed(feed_entries(changes, pen().ground, is_linked=asking.settings().dashboard_token is None)))
