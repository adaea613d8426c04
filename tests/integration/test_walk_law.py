"""Law: the walk of a model switch along the due index meets everybody once, whatever moves in the index meanwhile."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from redis import Redis

from model_store.scoring import Scorer
from stream_app.core.erasure import BlockList
from stream_app.core.measure import Measure
from stream_app.core.model_switch import ModelSwitch
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import read_chunk
from stream_app.core.state_record import decode_customer
from stream_app.local.valkey import LocalRedis
from stream_app.settings import Settings, load_settings
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.lane import Lane
from stream_app.worker.loader import BUSY_BUDGET, IDLE_BUDGET, SLICE, load_lane, pay_lane, walk_lane
from stream_app.worker.meta import decode_meta, progress_of
from stream_app.worker.namespace_states import NamespaceStates
from stream_app.worker.place import START, Place
from stream_app.worker.store import Held, Lease, Mark, Store
from stream_app.worker.work import LaneWork
from tests.builders import ARecord, a_basis, a_fact, a_log, a_marker, a_model, an_instant, days
from tests.driver import EVERYBODY, Driver
from tests.oracle import Fact

SEEDS = range(60 if os.environ.get("SEGSTREAM_PROVE") else 5)
OLD, NEW = a_model(), a_model(version="20260101T000000Z-newernew", centroids=((1.9, 0.5), (0.1, -0.9), (-1.5, 0.2)))
BASIS = a_basis()
BEGINNING = an_instant("2024-01-01T00:00:00Z")
SECOND_YEAR = BEGINNING + days(370)
PREFIXES = ("C", "C1", "é", "\u0001", "Z", "日本", "𝄞", "~")
"""Ids whose bytes sort in other ways than their lengths, or than their letters in a dictionary."""


class Shell:
    """One partition of a worker without Kafka: its own loader, chunk and store, on a real Redis, one chunk held."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store(settings)
        self.namespaces = NamespaceStates(settings, self.store)
        self.claims = 0
        self.position = 0
        self.changes: dict[str, list[bytes]] = {}
        self.met: Counter[str] = Counter()
        self.walked: list[str] = []
        self.places: list[Place] = []
        self.lane = Lane(self._claim()[0], Progress(0), ActiveModel(Scorer(OLD)), BASIS)
        self._held: LaneWork | None = None

    def _claim(self) -> tuple[Lease, Held]:
        self.claims += 1
        lease = Lease(0, f"claim {self.claims}")
        held = self.store.claim(lease)
        lease.mark = Mark(held.position, held.customers)
        return lease, held

    def begin_switch(self, *, is_patient: bool) -> None:
        lane = self.lane
        old = Measure.of(lane.active.scorer, BASIS.window_days)
        lane.active.begin(
            Scorer(NEW), ModelSwitch(old, lane.progress.clock.instant, is_patient=is_patient), lane.unapplied
        )

    def step(self, records: Sequence[ARecord], *, allowed: int = EVERYBODY) -> None:
        """Take one chunk, as the engine does: load, write the chunk before, fold, hold."""
        lane = self.lane
        work = LaneWork(lane, read_chunk(records, 0, (), BASIS.rules))
        can_walk, can_pay = lane.can_walk, lane.can_pay
        load_lane(work, self.store, BUSY_BUDGET if records else IDLE_BUDGET)
        if can_walk:
            walk_lane(work, self.store, self.namespaces, SLICE)
        if can_pay:
            pay_lane(work, self.store, allowed)
        before = {name: customer.model_version for name, customer in work.customers.items()}
        self._apply()
        work.run()
        for name in work.outcome.erased:
            lane.customers.pop(name, None)
        lane.customers.update(work.outcome.touched)
        lane.unapplied, lane.leaving = work.outcome.touched, frozenset(work.outcome.erased)
        if work.is_due_complete:
            lane.nobody_due_until = max(lane.nobody_due_until, work.asked_until)
        self._held = work
        self._note(work, before)

    def _note(self, work: LaneWork, before: dict[str, str]) -> None:
        for change in work.outcome.changes:
            self.changes.setdefault(change.key.decode(), []).append(change.value)
        for name, customer in work.outcome.touched.items():
            if before.get(name) == OLD.version and customer.model_version == NEW.version:
                self.met[name] += 1
        if work.walk is not None:
            assert len(work.walk.customers) <= SLICE
            self.walked += work.walk.customers
            if work.walk.behind is not None:
                self.places.append(work.walk.behind)

    def _apply(self) -> None:
        work, self._held = self._held, None
        self.lane.unapplied, self.lane.leaving = {}, frozenset()
        if work is not None and work.write is not None:
            write, self.position = work.write, self.position + 1
            self.store.apply(
                self.lane.lease, work.rows, position=self.position, source_position=write.source_position,
                meta=write.meta, customers=write.customers, figures=work.figures, erasures=work.erasures,
                blocked=write.blocked,
            )  # fmt: skip

    def restart(self) -> None:
        """Become another process that finds what was stored, and remembers nothing."""
        self._apply()
        before = self.lane
        lease, held = self._claim()
        assert held.meta is not None
        meta = decode_meta(held.meta)
        scorers = {model.version: Scorer(model) for model in (OLD, NEW)}
        switch, active = meta.switch, ActiveModel(scorers[meta.model_version])
        active.owing = None if meta.owing is None else Place(*meta.owing)
        if switch is not None:
            active.switch = ModelSwitch(
                Measure.of(scorers[switch.old_version], BASIS.window_days),
                switch.instant,
                is_patient=switch.is_patient,
            )
            active.walked = Place(switch.walked_due, switch.walked_id)
        progress = progress_of(meta, 0)
        progress.blocks = BlockList(
            {name: block for found in self.store.blocks(lease) for name, block in found.items()}
        )
        assert len(progress.blocks) == meta.blocked
        self.lane = Lane(lease, progress, active, BASIS, before.figures)
        assert (active.walked, active.owing) == (before.active.walked, before.active.owing)

    def settle(self) -> None:
        """Go on without orders until nobody is due and everybody has gone over and was paid."""
        steps = 0
        while self.lane.active.is_switching or self.lane.may_have_due or self._held is not None:
            assert (steps := steps + 1) < 200, "the walk goes round in circles"
            self.step([])
            if not self._held or not self._held.has_something:
                self._apply()


def a_name(number: int) -> str:
    return f"{PREFIXES[number % len(PREFIXES)]}{number}"


def before_the_switch(luck: Random) -> list[Fact]:
    """Return more than a slice of customers who lapsed, more than a slice due at one instant, and some between."""
    lapsed = [a_fact(BEGINNING, f"O{n}", customer=a_name(n)) for n in range(SLICE + 90)]
    tied = [a_fact(SECOND_YEAR, f"O{n}", customer=a_name(n)) for n in range(2_000, 2_000 + SLICE + 70)]
    others = [
        a_fact(SECOND_YEAR + days(1) + n * 1_000_000, f"O{n}", customer=a_name(n), lines=some_lines(luck))
        for n in range(4_000, 4_150)
    ]
    return [*lapsed, *tied, *others]


def late_orders() -> list[Fact]:
    """Return orders that put newcomers, and some who had lapsed, to the front of the due index."""
    names = [a_name(n) for n in [*range(9_000, 9_030), *range(30)]]
    late, sent = SECOND_YEAR - days(3), SECOND_YEAR + days(1) + 1_000_000_000
    return [a_fact(late, f"L{n}", customer=name, timestamp=sent) for n, name in enumerate(names)]


def some_lines(luck: Random) -> tuple[tuple[str, int, int], ...]:
    return tuple((f"P{n}", luck.randrange(1, 4), luck.randrange(1, 500) * 10_000) for n in range(luck.randrange(1, 5)))


def during_the_switch(luck: Random) -> list[Fact]:
    """Return orders of those who are known and of those who are not, and ticks that let boundaries fire and expire."""
    facts, at = [], SECOND_YEAR + days(2)
    known = [*range(SLICE + 90), *range(2_000, 2_000 + SLICE + 70), *range(4_000, 4_150)]
    for number in range(luck.randrange(60, 160)):
        at += luck.choice((0, 0, 1_000_000, 3_600_000_000, days(1)))
        kind = luck.random()
        if kind < 0.15:
            at += luck.choice((days(3), days(20), days(90)))
            facts.append(Fact(at, "", ""))
        else:
            customer = luck.choice(known) if kind < 0.8 else luck.randrange(8_000, 8_040)
            facts.append(a_fact(at, f"N{number}", customer=a_name(customer), lines=some_lines(luck)))
    return facts


def by_place(place: Place) -> tuple[float, bytes]:
    return float(place.due), place.customer_id.encode()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_walk_meets_everybody_once(valkey: LocalRedis, fresh_redis: Redis, seed: int) -> None:
    luck = Random(seed)
    earlier, held, later = before_the_switch(luck), late_orders(), during_the_switch(luck)
    records = a_log([*earlier, *held, *later])
    known = {fact.customer for fact in [*earlier, *held]}
    is_patient = seed % 2 == 1

    # Given a partition with a past under the old model, in Redis
    shell = Shell(load_settings(redis_url=valkey.url))
    for first in range(0, len(earlier), 400):
        shell.step(records[first : min(first + 400, len(earlier))])
    shell.settle()
    assert {version_of(fresh_redis, name) for name in names_in(fresh_redis)} == {OLD.version}

    # When the models switch while a chunk is held, orders come, timers fire, and the process changes
    read = len(earlier) + len(held)
    shell.step(records[len(earlier) : read])
    shell.begin_switch(is_patient=is_patient)
    while read < len(records):
        size = luck.choice((0, 0, 1, 5, 40))
        shell.step(records[read : read + size], allowed=luck.choice((1, 3, 200)))
        read += size
        if luck.random() < 0.2:
            shell.restart()
    shell.settle()

    # Then everybody went over once, slice by slice from front to back
    assert shell.met == Counter(known)
    assert {version_of(fresh_redis, name) for name in names_in(fresh_redis)} == {NEW.version}
    assert len(shell.walked) > 2 * SLICE
    assert [by_place(place) for place in shell.places] == sorted({by_place(place) for place in shell.places})
    assert START not in shell.places
    # And the events and states are those of a partition where everything happens at once
    whole = played_at_once(records, len(earlier) + len(held), is_patient=is_patient)
    assert shell.changes == whole.changes
    assert {name: state_of(fresh_redis, name) for name in names_in(fresh_redis)} == whole.states


@pytest.mark.parametrize("seed", SEEDS)
def test_neither_walk_nor_timer_meets_who_is_erased(valkey: LocalRedis, fresh_redis: Redis, seed: int) -> None:
    luck = Random(seed)
    earlier, held = before_the_switch(luck), late_orders()
    later = with_markers(luck, a_log(during_the_switch(luck)))
    records = [*a_log([*earlier, *held]), *later]
    for offset, record in enumerate(records):
        record.offset_ = offset
    switch_at, is_patient = len(earlier) + len(held), seed % 2 == 1

    # Given a partition with a past under the old model, in Redis
    shell = Shell(load_settings(redis_url=valkey.url))
    shell.step(records[: len(earlier)])
    shell.settle()

    # When people are erased and come back while everybody goes over to another model, and the process changes
    shell.step(records[len(earlier) : switch_at])
    shell.begin_switch(is_patient=is_patient)
    read = switch_at
    while read < len(records):
        size = luck.choice((0, 1, 2, 5, 40))
        shell.step(records[read : read + size], allowed=luck.choice((1, 3, 200)))
        read += size
        if luck.random() < 0.2:
            shell.restart()
    shell.settle()

    # Then events, states and block list are those of a partition where everything happens at once
    whole = played_at_once(records, switch_at, is_patient=is_patient)
    assert shell.changes == whole.changes
    assert {name: state_of(fresh_redis, name) for name in names_in(fresh_redis)} == whole.states
    assert fresh_redis.hgetall("blocked:orders.v1:0") == {name.encode(): block for name, block in whole.blocks.items()}
    assert len(whole.blocks) > 10
    left = {key.removeprefix(b"customer:").decode() for key in fresh_redis.scan_iter("customer:*", 1_000)}
    assert left == whole.states.keys()


def with_markers(luck: Random, records: list[ARecord]) -> list[ARecord]:
    """Return records with markers among them: of those whom a walk meets early or late, and of newcomers."""
    names = [a_name(n) for n in [*range(40), *range(2_000, 2_040), *range(4_000, 4_020), *range(8_000, 8_010)]]
    found: list[ARecord] = []
    for record in records:
        found.append(record)
        if luck.random() < 0.4:
            found.append(a_marker(luck.choice(names), is_lifting=luck.random() < 0.3))
    return found


def played_at_once(records: list[ARecord], switch_at: int, *, is_patient: bool) -> Driver:
    driver = Driver(Scorer(OLD), BASIS.rules)
    driver.run(records[:switch_at])
    driver.settle()
    driver.begin_switch(Scorer(NEW), is_patient=is_patient)
    driver.run(records[switch_at:])
    driver.settle()
    for name in sorted(driver.states):
        driver.pay([name])
    return driver


def names_in(redis: Redis) -> list[str]:
    return [member.decode() for member in redis.zrange("due:orders.v1:0", 0, -1)]


def state_of(redis: Redis, name: str) -> bytes:
    return redis.hget(f"customer:{name}", "state")


def version_of(redis: Redis, name: str) -> str:
    return decode_customer(state_of(redis, name)).model_version
