"""The few shapes that all sections are built of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from trainer.report.facts import Row
from trainer.report.markup import Markup, element


def section(id: str, title: str, children: Iterable[str]) -> Markup:
    """Return a section under its heading."""
    return element("section", element("h2", title), *children, id=id)


def paragraph(*words: str, kind: str = "") -> Markup:
    """Return a paragraph; kind is the style sheet's class."""
    return element("p", *words, class_=kind) if kind else element("p", *words)


def figure(drawing: Markup, caption: str = "", note: str = "") -> Markup:
    """Return a chart under its caption, with a note below."""
    above = [element("figcaption", caption)] if caption else []
    below = [paragraph(note, kind="note")] if note else []
    return element("figure", *above, drawing, *below)


def facts(rows: Iterable[Row]) -> Markup:
    """Return rows of a name and what it is."""
    return element(
        "dl", *(element("div", element("dt", row.name), element("dd", row.words)) for row in rows), class_="facts"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> Markup:
    """Return a table that scrolls by itself on a narrow screen; so many first columns are words, the rest numbers.

    A cell that is markup is a whole `td` already.
    """
    return element(
        "div",
        element(
            "table",
            element("thead", element("tr", *(_cell("th", cell, place >= words) for place, cell in enumerate(head)))),
            element("tbody", *(element("tr", *_cells(row, words)) for row in rows)),
        ),
        class_="scrolls",
    )


def _cells(row: Sequence[str], words: int) -> Iterable[Markup]:
    for place, cell in enumerate(row):
        yield cell if isinstance(cell, Markup) else _cell("td", cell, place >= words)


def _cell(name: str, words: str, is_number: bool) -> Markup:
    return element(name, words, class_="number") if is_number else element(name, words)
