"""`segstream dlq replay`: looks, sends what would be taken, and sees what the workers made of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from confluent_kafka import Consumer, KafkaException, TopicPartition
from msgspec import Struct, field

from stream_app.dead_letters.fix import Fix
from stream_app.dead_letters.letter import Letter, Place
from stream_app.dead_letters.plan import Planned, Refusals, Share, Wish, plan, shares_of
from stream_app.dead_letters.send import SLICE, LetterSender
from stream_app.dead_letters.topic import LettersTopic
from stream_app.settings import Settings
from stream_app.topic_log import Bounds
from stream_app.worker.kafka_config import log_reader
from stream_app.worker.kafka_refusals import CALL_SECONDS

POLL_SECONDS = 0.2

Position = tuple[int, int]


class Replayed(Struct):
    """What a replay did, or would do."""

    is_dry: bool
    letters: list[Share]
    """Before sending, by code."""
    sent: int = 0
    is_read: bool = False
    """True when the workers have read all of them."""
    refused: list[Refusals] = field(default_factory=list)
    """Those that a worker refused again, by their new code."""


class Replay:
    """One run of the command."""

    sender_class: type[LetterSender] = LetterSender

    def __init__(self, settings: Settings, wish: Wish, fix: Fix | None) -> None:
        self._settings = settings
        self._wish = wish
        self._fix = fix
        self._topic = LettersTopic(settings)

    def look(self) -> Replayed:
        """Return what sending would do, and send nothing."""
        return Replayed(True, shares_of(self._planned(self._topic.bounds())))

    def run(self, wait_seconds: float) -> Replayed:
        """Send every letter that is meant and would be taken, and wait so long for workers to read them.

        Never sends a letter twice, whenever an earlier run was killed and whoever runs it beside.
        """
        sender = self.sender_class(self._settings)
        sender.begin()
        # Only now: an earlier run that still lived could have committed marks behind what was read.
        bounds = self._topic.bounds()
        shares: dict[str, Share] = {}
        sent: list[Position] = []
        ready = self._ready(self._planned(bounds), shares)
        while letters := list(islice(ready, SLICE)):
            sent += sender.send(letters)
        found = Replayed(False, [shares[code] for code in sorted(shares)], len(sent))
        if sent:
            ends = {partition: end for partition, (_, end) in bounds.items()}
            self._follow(found, sent, ends, time.monotonic() + wait_seconds)
        return found

    def _planned(self, bounds: Bounds) -> Iterator[Planned]:
        rules, now_ms = self._settings.rules(len(bounds)), int(time.time() * 1_000)
        return plan(self._topic.waiting(bounds), self._wish, self._fix, rules, now_ms)

    @staticmethod
    def _ready(planned: Iterator[Planned], shares: dict[str, Share]) -> Iterator[Letter]:
        for each in planned:
            shares.setdefault(each.letter.code, Share(each.letter.code)).add(each)
            if each.refusal is None:
                yield each.letter

    def _follow(self, found: Replayed, sent: list[Position], ends: dict[int, int], deadline: float) -> None:
        """Wait until the workers are past what was sent, and count what they refused."""
        wanted: dict[int, int] = {}
        for partition, offset in sent:
            wanted[partition] = max(wanted.get(partition, 0), offset + 1)
        found.is_read = self._are_past(wanted, deadline)
        if not found.is_read:
            return
        bounds = {p: (ends[p], end) for p, (_, end) in self._topic.bounds().items()}
        places, refused = set(sent), dict[str, Refusals]()
        for each in self._topic.read(bounds):
            if isinstance(each, Letter) and (each.partition, each.offset) in places:
                _count(refused.setdefault(each.code, Refusals(each.code)), each.place, each.reason)
        found.refused = [refused[code] for code in sorted(refused)]

    def _are_past(self, wanted: dict[int, int], deadline: float) -> bool:
        consumer = Consumer(log_reader(self._settings, "letters") | {"group.id": self._settings.kafka_group_id})
        places = [TopicPartition(self._settings.topics.orders, partition) for partition in wanted]
        try:
            while time.monotonic() < deadline:
                try:
                    known = consumer.committed(places, CALL_SECONDS)
                except KafkaException:
                    # Kafka says so while a transaction is pending on an offset.
                    known = []
                if known and all(place.offset >= wanted[place.partition] for place in known):
                    return True
                time.sleep(POLL_SECONDS)
        finally:
            consumer.close()
        return False


def _count(refusals: Refusals, place: Place, reason: str) -> None:
    refusals.count += 1
    if refusals.count == 1:
        refusals.place, refusals.reason = str(place), reason
