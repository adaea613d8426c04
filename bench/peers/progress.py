"""How a peer says how far it is: eight bytes of a mapped file, so that saying it costs next to nothing."""

from __future__ import annotations

import mmap
from pathlib import Path

SIZE = 8


class Progress:
    """The number of orders done, for others to read."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as stream:
            self._map = mmap.mmap(stream.fileno(), SIZE)
        self._done = 0

    def add_one(self) -> None:
        """Say that one more order is done."""
        self._done += 1
        self._map[:] = self._done.to_bytes(SIZE, "little")


def clear_progress(file: Path) -> None:
    """Make the file say that nothing is done."""
    file.write_bytes(bytes(SIZE))


def read_progress(file: Path) -> int:
    """Return the number of orders done."""
    return int.from_bytes(file.read_bytes(), "little")
