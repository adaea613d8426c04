"""How long partitions stand still while orders come: watched in Redis, as a reader would notice it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

LOOK_SECONDS = 0.05


@dataclass
class Standstills:
    """The longest time in which a partition's position did not move, by partition, in seconds."""

    longest: dict[int, float] = field(default_factory=dict)

    def note(self, partition: int, seconds: float) -> None:
        self.longest[partition] = max(self.longest.get(partition, 0.0), seconds)


@contextmanager
def standstills(positions: Callable[[], Sequence[int]]) -> Iterator[Standstills]:
    """Watch while the body runs; each partition must get orders more often than what is measured."""
    found, is_over = Standstills(), threading.Event()

    def watch() -> None:
        before = dict.fromkeys(range(len(positions())), (-1, time.monotonic()))
        while not is_over.wait(LOOK_SECONDS):
            now = time.monotonic()
            for partition, position in enumerate(positions()):
                earlier, moved_at = before[partition]
                found.note(partition, now - moved_at)
                if position != earlier:
                    before[partition] = position, now

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        is_over.set()
        thread.join()
