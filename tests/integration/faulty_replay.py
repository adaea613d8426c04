"""`segstream dlq replay` that kills itself: FAULT_KILL is `<point>:<n>`, the n-th pass of a point of its transactions.

FAULT_SLICE is how many letters one of them sends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from stream_app.dead_letters import replay
from stream_app.dead_letters.fix import read_fix
from stream_app.dead_letters.letter import Letter
from stream_app.dead_letters.plan import Wish
from stream_app.dead_letters.send import LetterSender
from stream_app.settings import load_settings
from tests.integration.fault_points import hit


class FaultySender(LetterSender):
    """Ends as the environment says."""

    def produce(self, letters: Sequence[Letter]) -> None:
        super().produce(letters)
        self._producer.flush(10)
        hit("produced")

    def commit(self) -> None:
        super().commit()
        hit("committed")


class FaultyReplay(replay.Replay):
    """The replay with the sender above."""

    sender_class = FaultySender


def main() -> None:
    """Send all letters, mended by the file that is named."""
    replay.SLICE = int(os.environ["FAULT_SLICE"])
    file = Path(sys.argv[1])
    FaultyReplay(load_settings(), Wish(), read_fix(file.read_text(), file.name)).run(0)
