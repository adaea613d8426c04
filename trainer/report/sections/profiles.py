"""The segments in plain words: how many, how much, what they are like and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from model_store.segment_model import Profile, Segment
from trainer.report.charts.bars import Bar, Group, bars
from trainer.report.charts.ink import colour
from trainer.report.markup import Markup, element
from trainer.report.sections.parts import figure, paragraph, section
from trainer.report.subject import Subject
from trainer.report.words import count, percent


def profiles(subject: Subject) -> Markup:
    """Return the section."""
    return section("segments", "The segments", [_shares(subject), element("div", *_cards(subject), class_="cards")])


def _shares(subject: Subject) -> Markup:
    groups = [
        Group(
            segment.name,
            (
                Bar(segment.profile.share, f"{percent(segment.profile.share)} of customers"),
                Bar(money, f"{percent(money)} of money"),
            ),
        )
        for segment, money in zip(subject.model.segments, subject.evidence.money, strict=True)
    ]
    return figure(bars(groups, "Share of customers and of money by segment"), "How many, and how much they spend")


def _cards(subject: Subject) -> Iterator[Markup]:
    for place, segment in enumerate(subject.model.segments):
        yield element(
            "article",
            element("h3", segment.name, " ", element("code", segment.id)),
            paragraph(segment.description),
            paragraph(element("strong", "→ "), segment.action),
            paragraph(_typical(segment.profile, subject.currency), kind="note"),
            *_again(segment, subject),
            style=f"--own:{colour(place)}",
        )


def _typical(profile: Profile, currency: str) -> str:
    return (
        f"{count(profile.customers, 'customer')}. Their medians: {count(profile.frequency, 'order')}, the last "
        f"{count(profile.recency_days, 'day')} ago, and {profile.monetary:,.2f} {currency} spent on "
        f"{count(profile.unique_products, 'different product')}."
    )


def _again(segment: Segment, subject: Subject) -> Iterator[Markup]:
    if segment.buys_again is not None:
        weeks = int(subject.figure("trial_weeks"))
        yield paragraph(f"{percent(segment.buys_again)} bought within the next {weeks} weeks.", kind="note")
