"""What changed against the champion: which segments live on, and who moves where."""

from __future__ import annotations

from collections.abc import Iterator

from trainer.report.evidence import Moves
from trainer.report.fates import fate_words
from trainer.report.markup import Markup, element
from trainer.report.sections.parts import paragraph, section, table
from trainer.report.subject import Subject
from trainer.report.words import percent

FULL = 0.55
"""How opaque the ground of a cell is that holds a whole row: its number must stay readable."""


def before(subject: Subject) -> Markup:
    """Return the section; a first model has nothing before it."""
    moves = subject.evidence.moves
    if moves is None:
        words = "There was no champion: the segment ids begin with this model."
        return section("before", "Beside the model before", [paragraph(words)])
    stay = percent(subject.figure("keep_their_id"))
    return section(
        "before",
        "Beside the model before",
        [
            paragraph(
                f"{stay} of these customers keep the segment id that they have by model ",
                element("code", moves.before.version), ".",
            ),
            _fates(subject, moves),
            element("h3", "Who moves where"),
            paragraph(
                "Rows: the segment by the model before. Columns: by this one. Both score the same customers. The "
                "darker a cell, the larger its part of the row; bold: who keeps the id."
            ),
            _matrix(subject, moves),
        ],
    )  # fmt: skip


def _fates(subject: Subject, moves: Moves) -> Markup:
    was = {segment.id: segment.name for segment in moves.before.segments}
    now = {segment.id: segment.name for segment in subject.model.segments}
    rows = [
        (fate.id, now.get(fate.id) or was[fate.id], fate.fate, fate_words(fate, was, now))
        for fate in subject.model.lineage
    ]
    return table(("Id", "Name", "Fate", "Customers"), rows, words=4)


def _matrix(subject: Subject, moves: Moves) -> Markup:
    head = ("", *(f"{segment.name} {segment.id}" for segment in subject.model.segments))
    ids = [segment.id for segment in subject.model.segments]
    rows = [
        (f"{segment.name}\u00a0{segment.id}", *_cells(row, [id == segment.id for id in ids]))
        for segment, row in zip(moves.before.segments, moves.counts, strict=True)
    ]
    return table(head, rows)


def _cells(row: tuple[int, ...], is_same: list[bool]) -> Iterator[Markup]:
    total = sum(row) or 1
    for count, same in zip(row, is_same, strict=True):
        # Who keeps the id is bold: colour alone would not tell.
        words = element("strong", f"{count:,}") if same else f"{count:,}"
        yield element("td", words, class_="number", style=f"background:rgba(0,114,178,{count / total * FULL:.2f})")
