"""What every page does with Streamlit: put HTML and figures on the screen, and tell failures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from stream_app.dashboard import markup
from stream_app.dashboard.api_client import AWAY, TOKEN_REFUSED, ApiFailed
from stream_app.dashboard.charts.figure import Figure, Pen, inked
from stream_app.dashboard.theme import PALETTES, style

AGAIN = "This page looks again by itself."


def pen() -> Pen:
    """Return the colours of the theme that is on in the reader's browser."""
    return Pen("dark" if st.context.theme.type == "dark" else "light")


def put(found: str) -> None:
    """Put HTML on the page; plain words are escaped."""
    st.html(markup.safe(found))


def dress() -> None:
    """Load the style sheet, once a page."""
    palette = PALETTES[pen().ground]
    st.html(f"<style>{style()} :root {{ --up: {palette.up}; --down: {palette.down}; }}</style>")


def heading(title: str, words: str) -> None:
    """Begin a page."""
    put(markup.Markup(f'<h1 class="s-title">{markup.safe(title)}</h1>{markup.note(words)}'))


def section(title: str, words: str = "") -> None:
    """Begin a part of a page."""
    note = markup.note(words) if words else ""
    put(markup.Markup(f'<h2 class="s-section">{markup.safe(title)}</h2>{note}'))


def show(figure: Figure, key: str) -> None:
    """Show a chart with its title, its units, its text alternative and its numbers as a table."""
    put(markup.Markup(f'<h3 class="s-figure">{markup.safe(figure.title)}</h3>{markup.note(figure.note)}'))
    st.altair_chart(inked(figure.chart, pen()), width="stretch", key=key, alt=figure.alternative)
    if figure.table:
        with st.expander("The same as a table"):
            put(markup.table(figure.table, figure.title, stacks=False))


@contextmanager
def telling_failures(words: str = "") -> Iterator[None]:
    """Show a failure of the API as a card instead of what is inside."""
    try:
        yield
    except ApiFailed as error:
        put(failure_card(error, words))


def failure_card(error: ApiFailed, words: str = "") -> markup.Markup:
    """Return what failed and what mends it; codes and tracebacks stay out of sight."""
    headings = {AWAY: "The API is away", TOKEN_REFUSED: "The API refuses the dashboard"}
    return markup.state(headings.get(error.code, "Nothing to show yet"), error.cause, error.mend, words)
