"""A partition's step from one model to the next, while it runs."""

from __future__ import annotations

from stream_app.core.measure import Measure


class ModelSwitch:
    """Everybody is taken from the old model to the new one at one instant, whenever their turn comes.

    Up to that instant the old model decides, by its own window; at it and after it the new one.
    """

    __slots__ = ("instant", "is_patient", "is_quiet", "old")

    def __init__(self, old: Measure, instant: int, *, is_quiet: bool = False, is_patient: bool = False) -> None:
        self.old = old
        """Of another window only after a swap to one that was given up: whoever has not gone over was counted by it."""
        self.instant = instant
        """The partition's clock when the switch began."""
        self.is_quiet = is_quiet
        """True when the moves are tagged `replay`, so that subscribers do not act on them."""
        self.is_patient = is_patient
        """True when moves of customers whom nothing else touches are published later, little by little."""
