"""The data, the method and the limits: what the model was made of, and what it is not for."""

from __future__ import annotations

from trainer.report.facts import Skipped, data_rows, method_rows, rule_rows, skipped_rows
from trainer.report.limits import limits
from trainer.report.markup import Markup, element
from trainer.report.sections.parts import facts, paragraph, section, table
from trainer.report.subject import Subject


def data(subject: Subject) -> Markup:
    """Return the section on the file: nothing is left out in silence."""
    skipped, rules = list(skipped_rows(subject)), list(rule_rows(subject))
    children = [facts(data_rows(subject))]
    if skipped:
        children += [element("h3", "Left out"), _lines(skipped, subject)]
    else:
        children += [paragraph(f"No {subject.read.place} was left out.")]
    if rules:
        children += [element("h3", "Kept by a rule"), _lines(rules, subject)]
    return section("data", "The data", children)


def _lines(rows: list[Skipped], subject: Subject) -> Markup:
    return table(
        ("Reason", f"{subject.read.place.capitalize()}s", "First"),
        [(row.words, f"{row.lines:,}", row.first) for row in rows],
    )


def method(subject: Subject) -> Markup:
    """Return the section on how the model was made."""
    return section("method", "How it was made", [facts(method_rows(subject))])


def bounds(subject: Subject) -> Markup:
    """Return the section on limits."""
    return section("limits", "Limits", [facts(limits(subject))])
