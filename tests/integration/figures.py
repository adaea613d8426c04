"""Sentences with what the proofs have measured, printed when all tests have ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FIGURE = "figure"


@dataclass(frozen=True)
class Figures:
    """What a proof has measured, one sentence each."""

    record: Callable[[str, object], None]

    def append(self, sentence: str) -> None:
        """Add a sentence."""
        self.record(FIGURE, sentence)
