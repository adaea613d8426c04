"""What the model is for, and what nobody should take it for."""

from __future__ import annotations

from collections.abc import Iterator

from trainer.report.facts import Row
from trainer.report.subject import Subject
from trainer.report.words import count, percent
from trainer.selection import STABLE, is_stable

WELL_APART = 0.5
"""A mean silhouette above it is commonly read as groups with room between them."""


def limits(subject: Subject) -> Iterator[Row]:
    """Yield each limit with its reason, the gravest first."""
    yield Row(
        "Not for decisions about a person",
        "The segments say whom to write to and what about. They must not decide credit, a person's price, employment, "
        "insurance, or anything else with legal or similarly grave effect.",
    )
    yield from _doubts(subject)
    yield Row("Only what was bought", _seen(subject))
    yield Row("One shop, one day", _day(subject))
    yield Row("Borders are cuts", _borders(subject))
    yield Row("Names are ranks", _names())
    yield Row("Fixed-point arithmetic", _arithmetic())


def _doubts(subject: Subject) -> Iterator[Row]:
    if not subject.is_as_streamed:
        yield Row(
            "Not for a live worker",
            f"Counted as published studies do: amounts {subject.fact('amounts')}, equal lines of an order "
            f"{subject.fact('duplicate_lines')}. The worker nets returns and keeps equal lines, so the same customer "
            "would have other features there.",
        )
    if not is_stable(subject.chosen):
        yield Row(
            "Not stable",
            f"Fits to resampled customers agree at {subject.chosen.stability:.2f} only; below {STABLE} other customers "
            "of the same shop would have given other segments.",
        )


def _seen(subject: Subject) -> str:
    window = subject.model.window_days
    told = "" if window is None else f" in the {count(window, 'day')} before the training's day"
    age = (
        "Nothing lapses, so an old habit counts as much as a new one."
        if window is None
        else f"Who buys less often than every {count(window, 'day')} drops out and comes back as if new."
    )
    return f"The model sees orders with a customer id{told}: no guests, no visits, no margins, no reasons. {age}"


def _day(subject: Subject) -> str:
    return (
        f"What is much or lately was learnt from the customers of {str(subject.fact('as_of'))[:10]}. Another shop or "
        "currency needs a model of its own; after a season, a campaign or a change of prices train again and compare."
    )


def _borders(subject: Subject) -> str:
    silhouette = subject.figure("silhouette")
    judged = (
        "the groups stand apart" if silhouette >= WELL_APART else "neighbours touch, and there is no gap between them"
    )
    lost = 1 - subject.figure("explained_variance")
    return (
        f"The mean silhouette is {silhouette:.2f}: {judged}. Who stands near a border may change sides with one order. "
        f"{percent(lost)} of the variance is not looked at."
    )


def _names() -> str:
    return (
        "A name says where a segment stands among the others, not that it passed a mark: the best of a poor year are "
        "Champions too. Descriptions and actions follow from those ranks unless a person wrote them; nobody has tried "
        "them on these customers."
    )


def _arithmetic() -> str:
    return (
        "The worker compares with whole numbers: logarithms with 26 bits of fraction, weights with 28. Only a customer "
        "whose two nearest segments are equally far to eight digits may be put into the other one than by floating "
        "point. Orders above 1,000,000,000 units are refused."
    )
