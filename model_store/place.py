"""Where the versions of one model lie: a place keeps bytes under names, and knows nothing of what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

MODEL_FILE = "model.json"
"""The file that makes a version one: without it there is none, whatever else lies there."""

OnStep = Callable[[str], None]
"""Is told after each effect of a publish, so that a test can end the process exactly there."""


def unheard(_step: str) -> None:
    """Listen to no step."""


class Place(Protocol):
    """A directory or an object store, as far as a ModelStore needs it; versions and file names are plain names."""

    def is_there(self) -> bool:
        """Tell whether the place can be looked into."""

    def versions(self) -> list[str]:
        """Return the names under which a whole version lies, in no order."""

    def publish(self, version: str, files: Mapping[str, bytes], on_step: OnStep) -> None:
        """Make all files visible at once; raises FileExistsError when the version is there already."""

    def add(self, version: str, file: str, raw: bytes) -> None:
        """Put one more file beside a model, whole; raises FileExistsError when one of that name is there."""

    def read(self, version: str, file: str, most_bytes: int) -> bytes:
        """Return the first so many bytes of a file; raises FileNotFoundError."""

    def files(self, version: str) -> list[str]:
        """Return the names of what was published with a version, in no order; empty when it is not there."""

    def where(self, version: str, file: str) -> str:
        """Return how a person opens the file."""

    def mend_of_missing(self, version: str) -> str:
        """Return what to do when a version is not there."""
