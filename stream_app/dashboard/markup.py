"""Pieces of HTML from words; every word that comes from outside is escaped here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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


def with_commands(words: str) -> Markup:
    """Return words as HTML, what stands between backticks as commands.

    >>> with_commands("run `segstream api`")
    'run <code>segstream api</code>'
    """
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", safe(words)))


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


def table(
    rows: Sequence[Mapping[str, str]], caption: str, *, left: Collection[str] = (), stacks: bool = True
) -> Markup:
    """Return rows of the same columns; the first column heads its row, and `left` are columns of words.

    On a phone each row of a table that stacks becomes a block.
    """
    if not rows:
        return Markup("")
    first, *rest = rows[0]
    kinds = {name: ' class="s-left"' if name in left else "" for name in (first, *rest)}
    head = "".join(f'<th scope="col"{kinds[name]}>{safe(name)}</th>' for name in (first, *rest))
    body = "".join(
        f'<tr><th scope="row"{kinds[first]}>{safe(row[first])}</th>'
        + "".join(f'<td data-label="{safe(name)}"{kinds[name]}>{safe(row[name])}</td>' for name in rest)
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


def cards(found: Iterable[Markup], *, are_small: bool = False) -> Markup:
    """Return cards beside each other, as many as there is room for."""
    kind = "s-cards s-small" if are_small else "s-cards"
    return Markup(f'<div class="{kind}">{"".join(found)}</div>')


def tile(label: str, value: str, beside: str = "") -> Markup:
    """Return one number with its name, and what is said or drawn below it."""
    below = f'<div class="s-beside">{safe(beside)}</div>' if beside else ""
    return Markup(f'<div><dt>{safe(label)}</dt><dd><div class="s-big">{safe(value)}</div>{below}</dd></div>')


def tiles(found: Iterable[Markup]) -> Markup:
    """Return numbers beside each other."""
    return Markup(f'<dl class="s-tiles">{"".join(found)}</dl>')


def sparkline(readings: Sequence[float], name: str) -> Markup:
    """Return the course of some readings as small bars, the newest at the right; the name says what it is.

    >>> "height:50%" in sparkline([2, 4], "x")
    True
    """
    most = max([*readings, 1.0])
    bars = "".join(f'<i style="height:{100 * reading / most:.0f}%"></i>' for reading in readings)
    return Markup(f'<div class="s-spark" role="img" aria-label="{safe(name)}">{bars}</div>')


def feed(entries: Iterable[tuple[Markup, str]]) -> Markup:
    """Return sentences with their times, in the order given."""
    lines = "".join(f"<li><span>{words}</span><time>{safe(when)}</time></li>" for words, when in entries)
    return Markup(f'<ul class="s-feed">{lines}</ul>')


def state(heading: str, *paragraphs: str) -> Markup:
    """Return why there is nothing to see here, and what to do."""
    inside = "".join(f"<p>{with_commands(part)}</p>" for part in paragraphs if part)
    return Markup(f'<section class="s-state" role="status"><h2>{safe(heading)}</h2>{inside}</section>')
