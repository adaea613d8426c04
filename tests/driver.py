"""Plays the worker's shell without Kafka and Redis: of states and progress only what is stored survives a chunk."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from model_store.scoring import Scorer
from stream_app.contract.dead_letter import Refusal
from stream_app.core.adoption import Adoption, remember_first
from stream_app.core.breaker import Breaker
from stream_app.core.clock import Clock
from stream_app.core.erasure import BlockList, decode_block, encode_block
from stream_app.core.inbound import SourceRecord
from stream_app.core.instants import parse_instant
from stream_app.core.measure import Measure
from stream_app.core.model_switch import ModelSwitch
from stream_app.core.outcome import Outcome, Progress
from stream_app.core.pipeline import Chunk, read_chunk
from stream_app.core.rules import Rules
from stream_app.core.state_record import decode_customer, encode_state, header_of
from stream_app.core.statistics import Figures
from tests.oracle import Step

EVERYBODY = 1_000_000


class Driver:
    """One partition of one worker."""

    chunk_class = Chunk

    def __init__(self, scorer: Scorer, rules: Rules) -> None:
        self.scorer = scorer
        self.rules = rules
        self.progress = Progress(partition=0)
        self.states: dict[str, bytes] = {}
        self.due: dict[str, int] = {}
        self.changes: dict[str, list[bytes]] = {}
        self.dead_letters: list[tuple[SourceRecord, Refusal]] = []
        self.figures: dict[str, bytes] = {}
        self.blocks: dict[str, bytes] = {}
        self.switch: ModelSwitch | None = None
        self.adoption: Adoption | None = None
        self._swaps = 0
        self._others: dict[str, bytes] = {}
        self._to_walk: list[str] = []

    def begin_switch(self, scorer: Scorer, *, is_quiet: bool = False, is_patient: bool = False) -> None:
        """Let another model decide from now on; it takes over whom a record, a boundary or a slice touches."""
        old, instant = Measure.of(self.scorer, self.rules.window_days), self.progress.clock.instant
        self.switch = ModelSwitch(old, instant, is_quiet=is_quiet, is_patient=is_patient)
        self.scorer = scorer
        self._to_walk = sorted(self.states)

    def begin_swap(self, other: Driver, **flags: bool) -> None:
        """Take over from now on what another driver holds, in the same way; its window comes with its model."""
        clock, old = self.progress.clock, Measure.of(self.scorer, self.rules.window_days)
        if other.rules.window_days != self.rules.window_days:
            self.scorer, self.rules = other.scorer, replace(self.rules, window_days=other.rules.window_days)
        clock.advance(other.progress.clock.instant)
        remember_first(clock)
        self._swaps += 1
        self.adoption = Adoption(self._swaps, clock.instant, old, **flags)
        self._others = dict(other.states)
        self._to_walk = [*sorted(self.states), *sorted(other.states)]

    def give_up(self) -> None:
        """Let nobody take over any more what the other driver held; another window and its model stay."""
        given_up, self.adoption, self._to_walk = self.adoption, None, []
        if given_up is not None and given_up.old.scorer.version != self.scorer.version:
            self.switch = ModelSwitch(given_up.old, given_up.instant, is_patient=given_up.is_patient)
            self._to_walk = sorted(self.states)

    def run(
        self, records: Iterable[SourceRecord], *, due_budget: int = EVERYBODY, slice_size: int = EVERYBODY
    ) -> Outcome:
        """Take one chunk, at most `due_budget` of those who were due before it, and a slice of a switch under way."""
        progress = self.progress
        inbound = read_chunk(records, progress.partition, self.states, self.rules)
        asked_until = progress.clock.instant
        due = self._due(asked_until, due_budget)
        walked, self._to_walk = self._to_walk[:slice_size], self._to_walk[slice_size:]
        named = {customer_id for each in inbound if (customer_id := each.customer_id) is not None} | {*due, *walked}
        customers = {name: decode_customer(self.states[name]) for name in named if name in self.states}
        chunk = self.chunk_class(progress, customers, self.scorer, self.rules, self.switch, self._adoption(named))
        chunk.process(inbound)
        if not chunk.outcome.is_stopped:
            chunk.fire(due)
            chunk.walk(walked)
            if len(due) < due_budget and not (self.adoption is not None and self.adoption.is_before_all):
                progress.clock.forget(asked_until)
        chunk.announce()
        if not self._to_walk:
            self.switch = self.adoption = None
        self._keep(chunk.outcome)
        return chunk.outcome

    def _adoption(self, named: Iterable[str]) -> Adoption | None:
        if self.adoption is None:
            return None
        states = {name: decode_customer(self._others[name]).rfm for name in named if name in self._others}
        return self.adoption._replace(states=states)

    def pay(self, names: Iterable[str]) -> None:
        """Publish what is owed to customers."""
        customers = {name: decode_customer(self.states[name]) for name in names}
        chunk = self.chunk_class(self.progress, customers, self.scorer, self.rules)
        chunk.fire(customers)
        self._keep(chunk.outcome)

    def settle(self, *, due_budget: int = EVERYBODY) -> None:
        """Run empty chunks until nobody is due."""
        while self._due(self.progress.clock.instant, 1):
            self.run([], due_budget=due_budget)

    def _due(self, until: int, budget: int) -> list[str]:
        found = sorted((at, name.encode()) for name, at in self.due.items() if at <= until)
        return [name.decode() for _, name in found[:budget]]

    def _keep(self, outcome: Outcome) -> None:
        for change in outcome.changes:
            self.changes.setdefault(change.key.decode(), []).append(change.value)
        self.dead_letters += outcome.dead_letters
        for name in outcome.erased:
            self.states.pop(name, None)
            self.due.pop(name, None)
        for name, customer in outcome.touched.items():
            self.states[name] = encode_state(header_of(customer), customer.rfm)
            self.due.pop(name, None)
            if customer.due_at is not None:
                self.due[name] = customer.due_at
        self.figures |= Figures(dict(self.figures)).add(outcome.tally)
        for hash_, block in self.progress.blocks.changes().items():
            self.blocks.pop(hash_, None)
            if block is not None:
                self.blocks[hash_] = encode_block(block)
        self.progress = stored_and_read(self.progress, self.blocks)


def stored_and_read(progress: Progress, blocks: dict[str, bytes]) -> Progress:
    """Return the progress as the next owner of the partition finds it."""
    clock, breaker = progress.clock, progress.breaker
    return Progress(
        partition=progress.partition,
        source_position=progress.source_position,
        clock=Clock(clock.instant, has_history=clock.has_history, advances=list(clock.advances)),
        breaker=Breaker(breaker.read, breaker.in_a_row, breaker.ages()),
        customers=progress.customers,
        blocks=BlockList({hash_: decode_block(record) for hash_, record in blocks.items()}),
    )


def step_of(change: bytes) -> Step:
    """Return what the oracle says of a change."""
    return step_of_fields(json.loads(change))


def step_of_fields(fields: dict[str, Any]) -> Step:
    """Return what the oracle says of a change that was read already."""
    came_from, to = (segment and segment["id"] for segment in (fields["from"], fields["to"]))
    as_of = parse_instant(fields["as_of"])
    assert as_of is not None, fields
    return Step(as_of, fields["cause"], came_from, to, fields["replay"])
