"""What the segments are good for: who buys in the weeks that follow."""

from __future__ import annotations

from trainer.report.charts.bars import Bar, Group, bars
from trainer.report.markup import Markup
from trainer.report.sections.parts import figure, paragraph, section
from trainer.report.subject import Subject
from trainer.report.words import percent


def use(subject: Subject) -> Markup:
    """Return the section; where the file is too short for a trial it says so."""
    if "trial_day" not in subject.model.training:
        words = "Not known: the file does not hold 13 weeks of orders before and 13 weeks after some day."
        return section("use", "Who buys again", [paragraph(words)])
    groups = [
        Group(segment.name, (Bar(segment.buys_again, _behind(segment.buys_again)),))
        for segment in subject.model.segments
    ]
    overall = subject.figure("trial_buys_again")
    mark = Bar(overall, f"all: {percent(overall)}")
    chart = bars(groups, "Share of each segment that buys in the following weeks", mark=mark)
    return section(
        "use", "Who buys again", [paragraph(meaning(subject)), figure(chart), paragraph(strictness(subject))]
    )


def _behind(share: float | None) -> str:
    return "nobody stood here" if share is None else percent(share)


def meaning(subject: Subject) -> str:
    """Return what the trial was."""
    weeks = int(subject.figure("trial_weeks"))
    return (
        f"{int(subject.figure('trial_customers')):,} customers were put into these segments as of "
        f"{str(subject.fact('trial_day'))[:10]}. For each segment: the part of them that bought in the {weeks} weeks "
        "after that day. Segments are of use as far as these parts differ."
    )


def strictness(subject: Subject) -> str:
    """Return whether the model had seen the trial's weeks."""
    if subject.figure("trial_is_held_back"):
        return "These weeks were held back: the model was trained on nothing of them."
    return (
        "The model has seen these weeks. K-Means does not know who bought later, but the centroids were drawn with "
        "those orders; to be strict, train with --until so that 13 weeks remain."
    )
