"""The acts of the demo, in their order: what starts, what is sent, and when it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from stream_app.core.errors import SegstreamError
from stream_app.demo.backstage import Backstage, backstage
from stream_app.demo.board import Board
from stream_app.demo.coordinators import wake_coordinators
from stream_app.demo.drawing.snapshot import HISTORY, JARS, TOPICS, WORKER
from stream_app.demo.guard import Guard
from stream_app.demo.pages import PAGES, Pages
from stream_app.demo.parts import PARTITIONS, running_parts
from stream_app.demo.quiet import HURRIED_DAYS, WEEK_DAYS, WEEK_SECONDS, quiet_instants
from stream_app.demo.show import Show
from stream_app.demo.watch import Watch
from stream_app.local.kafka_jars import JARS_BYTES, kafka_jars
from stream_app.replay.load import load
from stream_app.replay.send import Sender
from stream_app.topics import create_topics

MEGA = 1_000_000
JARS_MB = JARS_BYTES // MEGA

POLL_SECONDS = 0.05
STUCK_SECONDS = 120.0
QUIET_SECONDS = 1.0

LEAD_ORDERS = 40_000
"""Two full chunks: the worker never waits for orders, and none of them waits long for the worker."""

LEAD_CHECK_ORDERS = 200


@dataclass(frozen=True)
class Wish:
    """What the user wants of the demo."""

    rate: float | None = None
    """Orders a second; None: as fast as they go."""
    households: int | None = None
    is_hurried: bool = False
    """Let the time without orders pass as fast as it can, in large steps."""


@dataclass(frozen=True)
class Stage:
    """What the acts share."""

    board: Board
    guard: Guard
    show: Show
    stack: ExitStack
    """Ends everything that was started, the last one first."""
    folder: Path


class Play:
    """One demo: `start` brings everything up, `stream` sends the live orders, `age` lets time pass."""

    def __init__(self, stage: Stage, wish: Wish) -> None:
        self._stage = stage
        self._wish = wish
        self._board = stage.board

    def start(self) -> None:
        """Start the parts and the worker, train, load the history and have it scored."""
        enter = self._stage.stack.enter_context
        prepared = enter(backstage(self._board, self._wish.households))
        self._fetch_jars()
        self.parts = enter(running_parts(self._stage.folder, self._board, self._stage.guard))
        self._create_topics()
        self._promotion = prepared.promote(self.parts.settings)
        self._start_worker()
        wake_coordinators(self.parts.settings)
        self._watch = enter(closing(Watch(self.parts)))
        enter(self._stage.show.looking(self._look))
        self._sender = Sender(self.parts.settings)
        self._load_history(prepared)

    def _fetch_jars(self) -> None:
        def on_fetch(here: int) -> None:
            self._board.say(JARS, f"{here // MEGA} of {JARS_MB} MB, this once", done=here, total=JARS_BYTES)

        self._board.begin(JARS, "looking for them")
        jars = kafka_jars(on_fetch)
        self._board.end(JARS, f"{len(jars)} files, {JARS_MB} MB, each of them the one we pinned")

    def _create_topics(self) -> None:
        self._board.begin(TOPICS, "being created")
        names = create_topics(self.parts.settings, PARTITIONS, 1)
        self._board.end(TOPICS, f"{len(names)} topics, {PARTITIONS} partitions of orders")

    def _start_worker(self) -> None:
        self._board.begin(WORKER, "starting")
        worker = self.parts.start("worker")
        self._stage.stack.callback(worker.kill)
        self._stage.stack.enter_context(
            self._stage.guard.over("The worker", worker.poll, self.parts.last_words("worker"))
        )
        self._pages = Pages(self.parts)
        self._stage.stack.enter_context(self._pages.running(self._stage.guard))

    def _look(self) -> None:
        ids = [segment.id for segment in self._board.snapshot().segments]
        self._board.take(self._watch.look(ids))
        if self._board.snapshot().step(WORKER).is_running and self.parts.is_worker_ready():
            self._board.end(WORKER, f"ready, with all {PARTITIONS} partitions")
        self._board.change(pages=self._pages.answering())

    def _load_history(self, prepared: Backstage) -> None:
        # Both at once would take longer: they share an interpreter, and the worker waits for the model.
        self._promotion.result()
        shop = prepared.shop.result()
        self.last_us = shop.history.report.last_us or 0
        self._board.begin(HISTORY, "the first half of the year, being sent")
        past = load(shop.past(), self._sender, is_history=True, on_progress=self._say_sent)
        records = past.orders + PARTITIONS
        self._board.change(history_orders=past.orders, history_records=records)
        # Not earlier: it would take the time of the sending.
        self._live = prepared.live_orders()
        self._until(lambda: self._is_scored(records))
        self._board.end(HISTORY, f"{past.orders:,} baskets loaded, and every household scored once")

    def _say_sent(self, orders: int) -> None:
        self._board.say(HISTORY, f"{orders:,} baskets of the first half of the year sent")

    def _is_scored(self, records: int) -> bool:
        done = self._board.snapshot().records
        self._board.say(HISTORY, f"{done:,} of {records:,} records folded", done=done, total=records)
        return self._watch.is_done(records)

    def stream(self) -> None:
        """Send the live orders, and return when the worker has finished all of them."""
        orders = self._live.result()
        self._board.change(live_orders=len(orders), live_began=self._board.seconds())
        for number, order in enumerate(orders, start=1):
            self._keep_pace(number)
            delivered = partial(self._watch.delivered, order.order_id)
            self._sender.send(order.customer_id, order.to_json(), delivered=delivered)
        self._sender.flush()
        self._board.change(sent=len(orders))
        self._sent = (self._board.snapshot().history_records or 0) + len(orders)
        self._until(lambda: self._watch.is_done(self._sent))
        self._board.change(live_ended=self._board.seconds())
        # All partitions come to the same instant: what is later than it, no order has caused.
        self._tick(self.last_us)
        self._read_last_changes()

    def age(self) -> None:
        """Let half a year pass in which nobody buys, and return when everybody has moved whom time moves."""
        self._watch.end_orders(self.last_us)
        self._board.end_orders(self.last_us)
        days, seconds = (HURRIED_DAYS, 0.0) if self._wish.is_hurried else (WEEK_DAYS, WEEK_SECONDS)
        for instant in quiet_instants(self.last_us, days):
            began = self._board.seconds()
            self._tick(instant)
            time.sleep(max(0.0, began + seconds - self._board.seconds()))
            self.last_us = instant
        self._read_last_changes()

    def wait_for_pages(self) -> None:
        """Return when the API and the dashboard answer."""
        self._until(lambda: len(self._board.snapshot().pages) == PAGES)

    def _tick(self, instant: int) -> None:
        self._sender.tick(instant)
        self._sent += PARTITIONS
        self._until(lambda: self._watch.is_done(self._sent))

    def _read_last_changes(self) -> None:
        """Wait until no change has come for longer than a broker holds back an answer."""
        began = self._board.seconds()
        self._until(lambda: min(self._watch.seconds_since_change(), self._board.seconds() - began) > QUIET_SECONDS)

    def _keep_pace(self, number: int) -> None:
        if self._wish.rate is not None:
            self._board.change(sent=number - 1)
            due = (self._board.snapshot().live_began or 0.0) + number / self._wish.rate
            time.sleep(max(0.0, due - self._board.seconds()))
        elif number % LEAD_CHECK_ORDERS == 0:
            self._board.change(sent=number)
            self._until(lambda: self._board.snapshot().lag < LEAD_ORDERS)

    def _until(self, is_so: Callable[[], bool]) -> None:
        """Wait for it, as long as the worker gets on; what fails backstage is raised here."""
        records, moved_at = -1, self._board.seconds()
        while not is_so():
            now = self._board.snapshot()
            if now.records != records:
                records, moved_at = now.records, now.seconds
            elif now.seconds - moved_at > STUCK_SECONDS:
                said = self.parts.last_words("worker")() or "nothing"
                raise SegstreamError(
                    f"The worker has not got on for {STUCK_SECONDS:.0f} s; it said: {said}", "Start again."
                )
            if self._promotion.done():
                self._promotion.result()
            time.sleep(POLL_SECONDS)
