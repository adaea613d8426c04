"""Lets a partition keep up with the time of day, once everything that came before that time is folded."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from stream_app.core.instants import NO_CLOCK
from stream_app.settings import Settings
from stream_app.worker.kafka_config import connection
from stream_app.worker.lane import Lane, WallMove
from stream_app.worker.store import Store

GRACE_US = 60_000_000
"""So far the clock stays behind the time of day: an order may be that long on its way from the shop to the broker."""

SAVE_US = 60_000_000
"""A clock that went so far since it was last written is written although nobody is due."""

ANSWER_SECONDS = 5.0


class WallClock:
    """Takes instants from a timer, and asks after each how far the orders go: a clock is moved only behind them.

    A time of day alone proves nothing: after a week down it would age people before their orders are read.
    """

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self._admin: AdminClient | None = None
        self._offered: int | None = None
        self._asked: tuple[int, dict[int, Future[Any]]] | None = None

    def offer(self, instant: int) -> None:
        """Say what time it is; called by the timer's thread."""
        self._offered = instant

    def ask(self, lanes: Mapping[int, Lane]) -> None:
        """Ask how far the orders go, now that an instant was offered; Redis' clock must have reached it too.

        Moving a clock cannot be undone, so one machine's wrong clock must not be enough to do it.
        """
        wanted = [p for p, lane in lanes.items() if not lane.paused and lane.progress.clock.instant != NO_CLOCK]
        if self._offered is None or self._asked is not None or not wanted:
            return
        instant, self._offered = min(self._offered, self._store.now()), None
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        places = {TopicPartition(self._settings.topics.orders, p): latest for p in wanted}
        found = self._client().list_offsets(places, request_timeout=ANSWER_SECONDS)
        self._asked = instant - GRACE_US, {place.partition: future for place, future in found.items()}

    def move(self, lanes: Mapping[int, Lane]) -> None:
        """Move the clocks of the partitions whose orders are folded as far as the broker said.

        Called before a chunk is fetched: what was fetched before is folded by then.
        """
        if self._asked is not None and all(future.done() for future in self._asked[1].values()):
            self._take_answer(*self._asked, lanes)
            self._asked = None
        for lane in lanes.values():
            if lane.follow_wall() and lane.progress.clock.instant - lane.saved_clock >= SAVE_US:
                lane.saved_clock = lane.progress.clock.instant
                lane.must_write = True

    @staticmethod
    def _take_answer(instant: int, ends: dict[int, Future[Any]], lanes: Mapping[int, Lane]) -> None:
        for partition, future in ends.items():
            lane = lanes.get(partition)
            # No answer needs no care: the next second asks again, and an outage is met by those who fetch.
            if lane is not None and not isinstance(future.exception(), KafkaException):
                lane.wall_move = WallMove(instant, future.result().offset)

    def _client(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient(connection(self._settings, "clock"))
        return self._admin
