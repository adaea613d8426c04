"""The four features before and after the logarithm."""

from __future__ import annotations

from collections.abc import Iterator

from trainer.report.charts.histogram import histogram
from trainer.report.evidence import Distribution
from trainer.report.markup import Markup, element
from trainer.report.sections.parts import figure, paragraph, section
from trainer.report.subject import Subject

WHY = (
    "A few customers spend a thousand times what others do. Before the logarithm they would decide everything; after "
    "it they are a few steps away. The area of a bar is its part of the customers, since bars are not equally wide "
    "where whole numbers lie far apart on the logarithm's axis. A skewness of 0 is "
    "symmetric; with 2 or more a few customers are far above all others."
)


def features(subject: Subject) -> Markup:
    """Return the section."""
    charts = [chart for found in subject.evidence.distributions for chart in _pair(found, subject.currency)]
    return section("features", "The features, before and after the logarithm", [
        paragraph(WHY), element("div", *charts, class_="pair"),
    ])  # fmt: skip


def _pair(found: Distribution, currency: str) -> Iterator[Markup]:
    words = f"{found.feature.words}{f', {currency}' if found.feature.name == 'monetary' else ''}"
    most = f"The most is {found.most:,.0f}"
    yield figure(
        histogram(found.raw, found.median, f"{words}, before", is_log=False),
        words, f"Skewness {_signed(found.skewness)}. {most}.",
    )  # fmt: skip
    yield figure(
        histogram(found.logged, found.median, f"{words}, after log1p", is_log=True),
        f"{words}, after log1p", f"Skewness {_signed(found.skewness_logged)}.",
    )  # fmt: skip


def _signed(value: float) -> str:
    return f"{value:.1f}".replace("-0.0", "0.0").replace("-", "−")
