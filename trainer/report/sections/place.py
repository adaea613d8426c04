"""Where customers stand: the scatter of the first two principal components, and what the components mean."""

from __future__ import annotations

from collections.abc import Sequence

from trainer.report.charts.scatter import scatter
from trainer.report.markup import Markup
from trainer.report.sections.parts import figure, paragraph, section
from trainer.report.subject import Subject
from trainer.report.words import count, listed, percent

WORDS = ("days since the last order", "orders", "money", "different products")
HEARD = 0.3
"""A feature with less weight than this hardly moves a component."""
ORDINALS = ("first", "second", "third", "fourth")


def place(subject: Subject) -> Markup:
    """Return the section."""
    kept = percent(subject.figure("explained_variance"))
    components = count(len(subject.explained), "component")
    return section(
        "place",
        "Where customers stand",
        [
            paragraph(
                f"K-Means compares customers in {components}, which keep{'s' if len(subject.explained) == 1 else ''} "
                f"{kept} of the variance of {len(subject.features)} scaled logarithms. ",
                " ".join(_meaning(n, row) for n, row in enumerate(subject.model.pca_components)),
            ),
            figure(scatter(subject.evidence.cloud, subject.names, subject.explained), note=_note(subject)),
        ],
    )


def _meaning(n: int, loadings: Sequence[float]) -> str:
    up = [words for words, weight in zip(WORDS, loadings, strict=True) if weight >= HEARD]
    down = [words for words, weight in zip(WORDS, loadings, strict=True) if weight <= -HEARD]
    said = [f"rises with {listed(up)}"] if up else []
    said += [f"falls with {listed(down)}"] if down else []
    return f"The {ORDINALS[n]} {', and '.join(said)}." if said else f"The {ORDINALS[n]} is a mixture of all."


def _note(subject: Subject) -> str:
    cloud = subject.evidence.cloud
    shown = (
        f"All {cloud.customers:,} customers"
        if len(cloud.x) == cloud.customers
        else f"{len(cloud.x):,} of {cloud.customers:,} customers, drawn with a fixed seed"
    )
    more = len(subject.explained) - 2
    hidden = f" {count(more, 'component')} more cannot be seen here, so borders may look blurred." if more > 0 else ""
    return f"{shown}; a ring is a segment's centroid.{hidden}"
