"""By what a partition judges every order, besides its model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from msgspec.structs import replace as changed

from stream_app.core.rules import Rules
from stream_app.worker.meta import Identity

ClockAndWindow = tuple[int, int | None]
"""A partition's clock and its window in days: what its model depends on."""


@dataclass(frozen=True)
class Basis:
    """The rules, and what the partition's meta record says of them: of the window both say the same."""

    rules: Rules
    identity: Identity

    @property
    def window_days(self) -> int | None:
        """The partition's own window, whatever the settings say."""
        return self.identity.window_days

    def counting(self, window_days: int | None) -> Basis:
        """Return the basis of a partition that counts by a window."""
        if window_days == self.window_days:
            return self
        return Basis(
            replace(self.rules, window_days=window_days),
            changed(self.identity, window_days=window_days),
        )
