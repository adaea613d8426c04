"""What the API asks of a deployment's log: Kafka, or something that stands in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from stream_app.api.champion import Champion
from stream_app.tail import Filter


class Event(NamedTuple):
    """A change as published, and the place after it."""

    id: str
    data: str


class ChangesGone(Exception):
    """What comes next is no longer kept: to go on would be to miss it unknowingly."""


class Follower(Protocol):
    """One client's way through the changes; what blocks is asked in a thread of its own."""

    @property
    def place(self) -> str:
        """The id of where the reader stands, past changes that were not wanted too."""

    def begin(self, last_id: str | None, since: int) -> str:
        """Go to the place after an event, or to where `since` says; return its id. Raises Problem, SegstreamError."""

    def read(self) -> list[Event]:
        """Return the wanted changes that are there, after waiting a moment for the first.

        Raises ChangesGone or KafkaException when it cannot go on.
        """

    def close(self) -> None:
        """Let go of what it reads from."""


class Recent(Protocol):
    """The last changes, for feeds that poll."""

    @property
    def is_reading(self) -> bool:
        """True once the changes were found."""

    def start(self) -> None:
        """Begin to read; nobody is waited for."""

    def stop(self) -> None:
        """End."""

    def newest(self, limit: int) -> list[bytes]:
        """Return the newest changes, the newest first."""


class Ends(Protocol):
    """How far the orders have come."""

    def ends(self, partitions: list[int]) -> dict[int, int]:
        """Return the next offset of each partition; without those that are not told in a second."""

    def problem(self) -> str:
        """Return why the log cannot be used, empty when it can."""


@dataclass(frozen=True)
class Sources:
    """The four of one deployment."""

    champion: Champion
    recent: Recent
    follow: Callable[[Filter], Follower]
    ends: Ends
