"""Pieces of HTML from words; every word that comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from urllib.parse import quote

from stream_app.dashboard.colours import Ground, segment_colour


class Markup(str):
    """HTML that may be shown as it is."""

    __slots__ = ()


def safe(words: str) -> Markup:
    """Return words as HTML; what is HTML already stays.

    >>> safe("a < b"), safe(Markup("<b>x</b>"))
    ('a &lt; b', '<b>x</b>')
    """
    return words if isinstance(words, Markup) else Markup(escape(words))


def chip(name: str, segment_id: str | None, ground: Ground) -> Markup:
    """Return a segment's name with its colour beside it."""
    return Markup(f'<span class="s-chip" style="--own:{segment_colour(segment_id, ground)}">{safe(name)}</span>')


def customer_link(customer_id: str) -> Markup:
    """Return a link to a customer's page."""
    return Markup(f'<a href="customer?customer={quote(customer_id, safe="")}" target="_self">{safe(customer_id)}</a>')


def note(words: str) -> Markup:
    """Return what is said beside."""
    return Markup(f'<p class="s-note">{safe(words)}</p>')


def difference_cell(words: str) -> Markup:
    """Return a difference with an ink of its own beside its arrow."""
    kind = {"▲": "s-up", "▼": "s-down"}.get(words[:1], "")
    return Markup(f'<span class="{kind}">{safe(words)}</span>')


def table(rows: Sequence[Mapping[str, str]], caption: str, *, stacks: bool = True) -> Markup:
    """Return rows of the same columns; the first column heads its row. On a phone each row becomes a block."""
    if not rows:
        return Markup("")
    first, *rest = rows[0]
    head = "".join(f'<th scope="col">{safe(name)}</th>' for name in (first, *rest))
    body = "".join(
        f'<tr><th scope="row">{safe(row[first])}</th>'
        + "".join(f'<td data-label="{safe(name)}">{safe(row[name])}</td>' for name in rest)
        + "</tr>"
        for row in rows
    )
    kind = "s-table s-stacks" if stacks else "s-table"
    inside = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return Markup(f'<table class="{kind}" aria-label="{safe(caption)}">{inside}</table>')


def facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    """Return what is known, a line a fact."""
    lines = "".join(f"<dt>{safe(name)}</dt><dd>{safe(words)}</dd>" for name, words in pairs)
    return Markup(f'<dl class="s-facts">{lines}</dl>')


def card(heading: str, colour: str, paragraphs: Iterable[str]) -> Markup:
    """Return one card with a coloured edge."""
    inside = "".join(part if isinstance(part, Markup) else f"<p>{safe(part)}</p>" for part in paragraphs)
    return Markup(f'<article class="s-card" style="--own:{colour}"><h3>{safe(heading)}</h3>{inside}</article>')


def cards(found: Iterable[Markup]) -> Markup:
    """Return cards beside each other, as many as there is room for."""
    return Markup(f'<div class="s-cards">{"".join(found)}</div>')


def feed(entries: Iterable[tuple[Markup, str]]) -> Markup:
    """Return sentences with their times, in the order given."""
    lines = "".join(f"<li><span>{words}</span><time>{safe(when)}</time></li>" for words, when in entries)
    return Markup(f'<ul class="s-feed">{lines}</ul>')


def state(heading: str, *paragraphs: str) -> Markup:
    """Return why there is nothing to see here, and what to do."""
    inside = "".join(f"<p>{safe(part)}</p>" for part in paragraphs if part)
    return Markup(f'<section class="s-state" role="status"><h2>{safe(heading)}</h2>{inside}</section>')
