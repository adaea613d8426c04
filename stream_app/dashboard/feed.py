"""A change in words, for the feed and for a customer's history."""

from __future__ import annotations

from collections.abc import Sequence

from stream_app.contract.cause_words import BECAUSE
from stream_app.contract.segment_change import ChangeMessage
from stream_app.dashboard.answers import Step
from stream_app.dashboard.colours import Ground
from stream_app.dashboard.figures import day, day_and_time
from stream_app.dashboard.markup import Markup, chip, customer_link, safe


def sentence(change: ChangeMessage, ground: Ground, *, is_linked: bool) -> Markup:
    """Return who went from where to where, and why."""
    who = customer_link(change.customer_id) if is_linked else safe(change.customer_id)
    because = BECAUSE.get(change.cause, change.cause)
    note = " (from history)" if change.replay else ""
    return Markup(f"Customer {who} {_way(change, ground)} {safe(because)}{note}.")


def _way(change: ChangeMessage, ground: Ground) -> Markup:
    to = None if change.to is None else chip(change.to["name"], change.to["id"], ground)
    before = None if change.from_ is None else chip(change.from_["name"], change.from_["id"], ground)
    if to is None:
        return Markup(f"lapsed{'' if before is None else f', was {before},'}")
    if before is None:
        return Markup(f"{'came back to' if change.sequence > 1 else 'was first seen in'} {to}")
    return Markup(f"went from {before} to {to}")


def feed_entries(changes: Sequence[ChangeMessage], ground: Ground, *, is_linked: bool) -> list[tuple[Markup, str]]:
    """Return every change with the instant at which it became true."""
    return [(sentence(change, ground, is_linked=is_linked), day_and_time(change.as_of)) for change in changes]


def history_rows(history: Sequence[Step], ground: Ground) -> list[dict[str, str]]:
    """Return a customer's changes for a table, in the order given."""
    return [
        {
            "When": day_and_time(step.as_of),
            "Change": Markup(f"{_before(step, ground)} → {_after(step, ground)}"),
            "Why": BECAUSE.get(step.cause, step.cause),
        }
        for step in history
    ]


def _before(step: Step, ground: Ground) -> Markup:
    if step.from_ is None:
        return chip("Lapsed" if step.sequence > 1 else "First seen", None, ground)
    return chip(step.from_.name, step.from_.id, ground)


def _after(step: Step, ground: Ground) -> Markup:
    return chip("Lapsed", None, ground) if step.to is None else chip(step.to.name, step.to.id, ground)


def coming(forecast: Sequence[Step]) -> list[str]:
    """Return what time alone will bring, a sentence each."""
    return [
        f"On {day(step.as_of)} they will {'go over to ' + step.to.name if step.to else 'lapse'} "
        f"{BECAUSE.get(step.cause, step.cause)}, unless they order before."
        for step in forecast
    ]
