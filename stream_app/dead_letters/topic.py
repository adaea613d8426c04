"""The dead-letter topic from its beginning to its end, marks among the letters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stream_app.core.errors import SegstreamError
from stream_app.dead_letters.letter import Letter, Mark, Place, read_letter
from stream_app.settings import Settings
from stream_app.topic_log import Bounds, find_bounds, read_between

ROLE = "letters"
SILENT_SECONDS = 60.0
"""More than the default of a transaction's time-out, which may hold the end back."""


class LettersTopic:
    """A reader without a group: it disturbs nobody, and may begin again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = settings.topics.dead_letters

    def bounds(self) -> dict[int, tuple[int, int]]:
        """Return the first offset and the end of every partition, records of open transactions included."""
        return find_bounds(self._settings, self._topic, ROLE, is_committed=False)

    def read(self, bounds: Bounds) -> Iterator[Letter | Mark]:
        """Yield what is committed between the bounds, each partition in its order.

        Waits until open transactions are over: behind one of a worker there may be marks.
        """
        steps = read_between(
            self._settings, self._topic, ROLE, bounds, waits_for_open=True, silent_seconds=SILENT_SECONDS
        )
        for step in steps:
            yield from (found for found in map(_read, step.records) if found is not None)

    def marks(self, bounds: Bounds) -> set[Place]:
        """Return the letters between the bounds that were sent again."""
        return {each.letter for each in self.read(bounds) if isinstance(each, Mark)}

    def waiting(self, bounds: Bounds) -> Iterator[Letter]:
        """Yield the letters that were not sent again; reads twice, as a mark comes behind its letter."""
        replayed = self.marks(bounds)
        for each in self.read(bounds):
            if isinstance(each, Letter) and each.place not in replayed:
                yield each

    def mark_of(self, letter: Letter) -> Mark | None:
        """Return what says that a letter was sent again, None while it waits."""
        partition = letter.place.partition
        behind = {partition: (letter.place.offset, self.bounds()[partition][1])}
        marks = (each for each in self.read(behind) if isinstance(each, Mark) and each.letter == letter.place)
        return next(marks, None)

    def one(self, place: Place) -> Letter:
        """Return the letter at a place; raises SegstreamError when there is none."""
        bounds = self.bounds().get(place.partition, (0, 0))
        if bounds[0] <= place.offset < bounds[1]:
            for found in self.read({place.partition: (place.offset, place.offset + 1)}):
                if isinstance(found, Letter):
                    return found
        raise SegstreamError(
            f"{self._topic} has no letter at {place}.", "See `segstream dlq list` and `export`.", code="LETTER_MISSING"
        )


def _read(record: Any) -> Letter | Mark | None:
    place = Place(record.partition(), record.offset())
    return read_letter(place, record.timestamp()[1], record.key(), record.value(), record.headers() or [])
