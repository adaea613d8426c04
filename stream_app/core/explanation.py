"""Why a customer is in a segment and not in the second nearest: what each feature says, in exact sums.

A score is linear in the four logs, and two scores differ by the difference of two squared distances. So each
feature's part of the gap is exact: (weight of the rival − weight of the own segment) · log1p(feature).
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from model_store.scoring import Scorer
from stream_app.core.features import Features

MILLION = 1_000_000


class Gap(NamedTuple):
    """How much nearer the own segment is than the rival, in the integers of the scorer."""

    own: int
    rival: int
    parts: list[int]
    """Of recency, frequency, monetary, unique products and the constant; above 0 it speaks for the own segment."""

    @property
    def total(self) -> int:
        """The score of the rival less that of the own segment: never below 0."""
        return sum(self.parts)


def gap_of(scorer: Scorer, features: Features) -> Gap | None:
    """Return the gap to the second nearest segment, None when there is only one."""
    numbers = features.numbers()
    own = scorer.assign(*numbers)
    rivals = [index for index in range(len(scorer.ids)) if index != own]
    if not rivals:
        return None
    parts = [scorer.parts(index, *numbers) for index in range(len(scorer.ids))]
    rival = min(rivals, key=lambda index: (sum(parts[index]), index))
    return Gap(own, rival, [b - a for a, b in zip(parts[own], parts[rival], strict=True)])


def in_millionths(parts: list[int], unit: float) -> list[int]:
    """Return parts in millionths of a squared distance, rounded so that they sum to the rounded sum.

    >>> in_millionths([1, 2], 2**-21)
    [0, 1]
    """
    exact = [part * Fraction(unit) * MILLION for part in parts]
    rounded = [value.__floor__() for value in exact]
    missing = round(sum(exact)) - sum(rounded)
    # Those that lost most by rounding down get what is missing: by less than 1 each is off.
    by_loss = sorted(range(len(exact)), key=lambda at: rounded[at] - exact[at])
    for at in by_loss[:missing]:
        rounded[at] += 1
    return rounded
