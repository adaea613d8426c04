"""Gives segments the names that marketers use, by where they stand among each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import count
from types import MappingProxyType

import msgspec
import numpy as np

from model_store.segment_model import Profile, Segment
from trainer.lineage import first_ids

REUSE_COST = 0.25
"""A name is used again, with a number, rather than one that is half the scale off."""


NOBODY: Mapping[str, Segment] = MappingProxyType({})


@dataclass(frozen=True)
class Name:
    """A name, and where its customers stand: 1 is the freshest, and the most valuable, segment."""

    name: str
    freshness: float
    value: float
    description: str
    action: str


NAMES = (
    Name(
        "Champions", 1.0, 1.0,
        "They are among the last to have bought, buy most often and spend most.",
        "Thank them: early access, and ask for reviews.",
    ),
    Name(
        "Loyal", 0.7, 0.85,
        "They come back again and again and spend well.",
        "Reward them, and show what goes with what they buy.",
    ),
    Name(
        "Potential loyalists", 0.95, 0.65,
        "They bought lately, and more than once.",
        "Invite them to the loyalty programme.",
    ),
    Name(
        "Promising", 0.8, 0.4,
        "They bought lately, but little so far.",
        "Give them a reason for the next order soon.",
    ),
    Name(
        "New", 1.0, 0.1,
        "They bought lately, and hardly ever before.",
        "Welcome them, and help with the first order.",
    ),
    Name(
        "Regulars", 0.5, 0.75,
        "They buy more than most, with pauses.",
        "Offer a subscription or a reminder to reorder.",
    ),
    Name(
        "Needs attention", 0.5, 0.5,
        "They are in the middle: neither fresh nor lost, neither large nor small.",
        "Remind them with an offer that ends soon.",
    ),
    Name(
        "Occasional", 0.6, 0.15,
        "They buy a little now and then.",
        "Write at the times of year when they buy.",
    ),
    Name(
        "At risk", 0.25, 0.7,
        "They were good customers and have not bought lately.",
        "Win them back with a personal offer.",
    ),
    Name(
        "Cannot lose them", 0.0, 1.0,
        "They were among the best and have been away longer than most.",
        "Write to them in person, and ask what went wrong.",
    ),
    Name(
        "About to sleep", 0.3, 0.35,
        "They bought some time ago, and not much.",
        "Show what is popular before they forget the shop.",
    ),
    Name(
        "Drifting away", 0.0, 0.5,
        "They were middling customers and have been away longer than most.",
        "Try one strong offer, then write less often.",
    ),
    Name(
        "One-time buyers", 0.3, 0.05,
        "They bought very little, and some time ago.",
        "Ask about the first order, and offer a second try.",
    ),
    Name(
        "Hibernating", 0.0, 0.0,
        "They bought little, longer ago than most.",
        "Spend little on them: one reminder a season.",
    ),
)  # fmt: skip


def name_segments(
    profiles: Sequence[Profile], ids: Sequence[str] | None = None, *, kept: Mapping[str, Segment] = NOBODY
) -> tuple[Segment, ...]:
    """Return one segment per profile, in the given order, no name twice; ids are s1, s2 … where none are given.

    What a person has named keeps its words: `kept` has the earlier segment of an id that lives on.

    All names are chosen together so that, summed up, they are as near to the profiles' ranks as
    can be. Only ranks count: what is often or much differs from shop to shop.
    """
    given = list(ids or first_ids(len(profiles)))
    custom = {id: kept[id] for id in given if id in kept and kept[id].renamed}
    taken = {segment.name for segment in custom.values()}
    segments = []
    for id, profile, choice in zip(given, profiles, _choose(profiles), strict=True):
        if id in custom:
            segments.append(msgspec.structs.replace(custom[id], profile=profile))
            continue
        name = _free(choice.name, taken)
        taken.add(name)
        segments.append(
            Segment(id=id, name=name, description=choice.description, action=choice.action, profile=profile)
        )
    return tuple(segments)


def _free(name: str, taken: Set[str]) -> str:
    """Return the name, with the first number that nobody has where it is taken."""
    numbered = (f"{name} {number}" for number in count(2))
    return name if name not in taken else next(other for other in numbered if other not in taken)


def _choose(profiles: Sequence[Profile]) -> list[Name]:
    from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

    freshness = _ranks([-profile.recency_days for profile in profiles])
    frequency = _ranks([profile.frequency for profile in profiles])
    monetary = _ranks([profile.monetary for profile in profiles])
    rounds = len(profiles)
    cost = np.array(
        [
            [
                (fresh - name.freshness) ** 2 + ((often + spent) / 2 - name.value) ** 2 + again
                for again in np.arange(rounds) * REUSE_COST
                for name in NAMES
            ]
            for fresh, often, spent in zip(freshness, frequency, monetary, strict=True)
        ]
    )
    _, columns = linear_sum_assignment(cost)
    return [NAMES[column % len(NAMES)] for column in columns]


def _ranks(values: Sequence[float]) -> list[float]:
    """Return each value's rank from 0 to 1, equal values sharing the middle of theirs.

    >>> _ranks([3.0, 1.0, 3.0])
    [0.75, 0.0, 0.75]
    """
    last = max(len(values) - 1, 1)
    return [
        (sum(other < value for other in values) + sum(other <= value for other in values) - 1) / (2 * last)
        for value in values
    ]
