"""Why so many segments: what was measured for every k, and the rule."""

from __future__ import annotations

from collections.abc import Iterator

from model_store.segment_model import Candidate
from trainer.report.charts.curves import Curve, curve
from trainer.report.markup import Markup, element
from trainer.report.sections.parts import figure, paragraph, section, table
from trainer.report.subject import Subject
from trainer.report.words import percent
from trainer.selection import REFITS, SMALLEST_SHARE, STABLE, is_large_enough, is_stable


def choice(subject: Subject) -> Markup:
    """Return the section; where one k was asked for there are no curves."""
    if len(subject.model.candidates) < 2:
        return section("choice", "How many segments", [*_asked(subject.chosen)])
    return section(
        "choice",
        "How many segments",
        [
            paragraph(element("strong", f"{len(subject.names)} segments: "), str(subject.fact("k_reason"))),
            paragraph(f"The rule. {subject.fact('k_rule')}"),
            element("div", *(_figure(found, subject) for found in _curves(subject)), class_="pair"),
            _table(subject),
        ],
    )


def _asked(only: Candidate) -> Iterator[Markup]:
    yield paragraph(
        f"{only.k}, because that was asked for; nothing else was tried. Silhouette {only.silhouette:.3f}, stability "
        f"{only.stability:.3f}, smallest segment {percent(only.smallest_share)} of the customers."
    )
    if not is_stable(only):
        yield paragraph(f"Below a stability of {STABLE} other customers would give other segments.")


def _curves(subject: Subject) -> Iterator[tuple[Curve, str]]:
    tried = subject.model.candidates
    yield (
        Curve("Inertia", tuple(c.inertia for c in tried), has_chord=True),
        "How far customers are from their centroid, squared. The elbow is farthest below the straight line.",
    )
    yield (
        Curve("Silhouette", tuple(c.silhouette for c in tried)),
        "How much nearer customers are to their own segment than to the next; 1 is best.",
    )
    yield (
        Curve("Stability", tuple(c.stability for c in tried), STABLE, last=1.0),
        f"Mean adjusted Rand index of {REFITS} fits to resampled customers; 1: they all agree.",
    )
    yield (
        Curve("Smallest segment", tuple(c.smallest_share for c in tried), SMALLEST_SHARE, is_share=True),
        "Part of the customers in the smallest segment. Hollow: below the limit.",
    )


def _figure(found: tuple[Curve, str], subject: Subject) -> Markup:
    measure, note = found
    return figure(curve(measure, subject.model.candidates), measure.words, note)


def _table(subject: Subject) -> Markup:
    head = ("k", "Inertia", "Silhouette", "Davies-Bouldin", "Calinski-Harabasz", "Stability", "Smallest", "")
    return table(head, [_row(candidate) for candidate in subject.model.candidates], words=0)


def _row(c: Candidate) -> tuple[str, ...]:
    return (
        str(c.k), f"{c.inertia:,.1f}", f"{c.silhouette:.3f}", f"{c.davies_bouldin:.3f}",
        f"{c.calinski_harabasz:,.0f}", f"{c.stability:.3f}", percent(c.smallest_share),
        element("td", ", ".join(_remarks(c)), class_="remark"),
    )  # fmt: skip


def _remarks(c: Candidate) -> Iterator[str]:
    if c.is_chosen:
        yield "chosen"
    if c.is_elbow:
        yield "elbow"
    if not is_stable(c):
        yield "unstable"
    if not is_large_enough(c):
        yield "small"
