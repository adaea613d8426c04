"""The segment changes of this process in memory, in the place of a topic, and those who follow them."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from stream_app.api.follower import resumed
from stream_app.api.places import encode_places
from stream_app.api.sources import ChangesGone, Event
from stream_app.contract.segment_change import decode_change
from stream_app.tail import FROM_BEGINNING, FROM_NOW, Filter

KEPT = 5_000
"""At 1 KB each; who was away for longer begins anew, as with a topic whose retention is over."""
READ_SECONDS = 0.25
AT_ONCE = 200


class Published(NamedTuple):
    """A change as it was encoded, and when that was, microseconds."""

    value: bytes
    at_us: int


class ChangeLog:
    """The newest changes, each with an offset that is never used again."""

    is_reading = True

    def __init__(self) -> None:
        self._kept: deque[Published] = deque()
        self._first = 0
        self._grown = threading.Condition()

    def start(self) -> None:
        """There is nothing to start: the changes come by themselves."""

    def stop(self) -> None:
        """There is nothing to end."""

    def append(self, values: Sequence[bytes], at_us: int) -> None:
        """Publish changes, and wake whoever waits for them."""
        with self._grown:
            self._kept.extend(Published(value, at_us) for value in values)
            surplus = max(0, len(self._kept) - KEPT)
            for _ in range(surplus):
                self._kept.popleft()
            self._first += surplus
            self._grown.notify_all()

    def newest(self, limit: int) -> list[bytes]:
        """Return the newest changes, the newest first."""
        with self._grown:
            return [one.value for one in islice(reversed(self._kept), limit)]

    def bounds(self) -> tuple[int, int]:
        """Return the first offset that is kept, and the next one."""
        with self._grown:
            return self._first, self._first + len(self._kept)

    def since(self, at_us: int) -> int:
        """Return the offset of the first change published at an instant or later."""
        with self._grown:
            return self._first + bisect_left(self._kept, at_us, key=attrgetter("at_us"))

    def read(self, offset: int) -> list[bytes]:
        """Return the changes from an offset on, after waiting a moment for the first; raises ChangesGone."""
        with self._grown:
            self._grown.wait_for(lambda: self._first + len(self._kept) > offset, READ_SECONDS)
            begin = offset - self._first
            if begin < 0:
                raise ChangesGone
            return [one.value for one in islice(self._kept, begin, begin + AT_ONCE)]


class LogFollower:
    """One client's way through the log."""

    def __init__(self, log: ChangeLog, wanted: Filter) -> None:
        self._log = log
        self._wanted = wanted
        self._next = 0

    @property
    def place(self) -> str:
        """The id of where the reader stands, past changes that were not wanted too."""
        return encode_places([self._next])

    def begin(self, last_id: str | None, since: int) -> str:
        """Go to the place after an event, or to where `since` says; return its id. Raises Problem."""
        low, high = self._log.bounds()
        if last_id is not None:
            (self._next,) = resumed(last_id, [(low, high)])
        elif since in (FROM_NOW, FROM_BEGINNING):
            self._next = low if since == FROM_BEGINNING else high
        else:
            self._next = self._log.since(since)
        return self.place

    def read(self) -> list[Event]:
        """Return the wanted changes that are there, after waiting a moment for the first; raises ChangesGone."""
        found = []
        for value in self._log.read(self._next):
            self._next += 1
            if self._wanted.wants(decode_change(value)):
                found.append(Event(self.place, value.decode()))
        return found

    def close(self) -> None:
        """Nothing is held."""
