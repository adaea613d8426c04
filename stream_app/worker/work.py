"""One chunk on its way through the worker: what the agent folds and scores, and what is written of it."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import NamedTuple

from stream_app.contract.dead_letter import KEPT_BYTES, is_oversized, letter_headers
from stream_app.core.customer import Customer
from stream_app.core.inbound import Inbound, Traces
from stream_app.core.outcome import Outcome
from stream_app.core.pipeline import Chunk
from stream_app.core.rfm import RfmState
from stream_app.core.state_record import encode_state, header_of
from stream_app.worker.lane import Lane
from stream_app.worker.meta import Meta, block_record, encode_meta, figures_key, meta_of
from stream_app.worker.place import Place
from stream_app.worker.rows import NEW, Before, Erasures, Figure, Row, figure_of, row_of
from stream_app.worker.store import Store
from stream_app.worker.transaction import Write

WORKER_VERSION = version("segstream")


class Slice(NamedTuple):
    """Who goes over to a new model or to a namespace's states although nothing else touches them."""

    customers: list[str]
    behind: Place | None
    """None: nobody is left after them."""


@dataclass
class LaneWork:
    """One partition's share of a chunk: handed to the agent as one item, done when its future is."""

    lane: Lane
    inbound: list[Inbound]
    traces: Traces = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)
    is_due_complete: bool = True
    """True when `due` names everybody who was due when it was read, and they all were served."""
    asked_until: int = -1
    walk: Slice | None = None
    states: dict[str, RfmState] = field(default_factory=dict)
    """What the namespace of a swap holds of those who have not gone over."""
    pay: Slice | None = None
    """Who is owed an event of the last switch, and the customers between them."""

    stages: list[tuple[str, int, int]] = field(default_factory=list)
    """What was done to it from when to when, in nanoseconds since 1970, where chunks are traced."""
    done: Future[None] = field(default_factory=Future)
    outcome: Outcome = field(default_factory=Outcome)
    write: Write | None = None
    rows: list[Row] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    erasures: Erasures = field(default_factory=Erasures)

    @property
    def has_something(self) -> bool:
        """True when there is anything to fold."""
        return bool(self.inbound or self.due or self.walk or self.pay)

    def run(self) -> None:
        """Fold and score everything, and encode what will be written."""
        lane, active = self.lane, self.lane.active
        adopting = active.adopting
        adoption = None if adopting is None else adopting.terms._replace(states=self.states)
        chunk = Chunk(lane.progress, self.customers, active.scorer, lane.basis.rules, active.switch, adoption)
        chunk.process(self.inbound)
        if chunk.outcome.stop is not None:
            lane.paused = chunk.outcome.stop.value
            self.is_due_complete = False
        else:
            chunk.fire(self.due)
            if self.is_due_complete and not (adoption is not None and adoption.is_before_all):
                lane.progress.clock.forget(self.asked_until)
            if self.pay is not None:
                chunk.fire(self.pay.customers)
                active.owing = self.pay.behind
            if self.walk is not None:
                chunk.walk(self.walk.customers)
                lane.walk_to(self.walk.behind)
        chunk.announce(self.traces)
        self.outcome = chunk.outcome
        self._encode()

    def remember(self) -> None:
        """Keep the newest states in memory, and until when nobody is due."""
        lane = self.lane
        for customer_id in self.outcome.erased:
            lane.customers.pop(customer_id, None)
        lane.customers.update(self.outcome.touched)
        if self.is_due_complete:
            lane.nobody_due_until = max(lane.nobody_due_until, self.asked_until)

    def apply(self, store: Store, position: int) -> None:
        """Write what came of it to Redis, and move the partition's position there; raises PartitionLost."""
        write = self.write
        assert write is not None
        store.apply(
            self.lane.lease,
            self.rows,
            position=position,
            source_position=write.source_position,
            meta=write.meta,
            customers=write.customers,
            figures=self.figures,
            erasures=self.erasures,
            blocked=write.blocked,
        )

    def _encode(self) -> None:
        lane, outcome = self.lane, self.outcome
        if outcome.erased:
            lane.unclean_since = int(time.time() * 1_000)
        meta = self._meta()
        progress = lane.progress
        write = Write(lane.partition, progress.source_position, encode_meta(meta), progress.customers, meta.blocked)
        write.changes = outcome.changes
        self._encode_states(write)
        self._encode_erasures(write)
        for name, figures in lane.figures.add(outcome.tally).items():
            write.states.append((figures_key(name), figures))
            self.figures.append(figure_of(name, figures))
        for letter, refusal in outcome.dead_letters:
            key, value, own = letter.key(), letter.value(), letter.headers() or []
            is_cut = is_oversized(key, value, own)
            if is_cut:
                key, value = (part and part[:KEPT_BYTES] for part in (key, value))
            headers = letter_headers(
                refusal,
                own,
                topic=lane.basis.rules.orders_topic,
                partition=lane.partition,
                offset=letter.offset(),
                version=WORKER_VERSION,
                is_cut=is_cut,
            )
            write.dead_letters.append((key, value, headers))
        self.write = write

    def _meta(self) -> Meta:
        lane, basis = self.lane, self.lane.basis
        key = basis.rules.erasure_key
        return meta_of(
            lane.progress,
            basis.identity,
            control_position=lane.control_position,
            model_version=lane.active.scorer.version,
            switch=lane.active.progress(),
            adoption=lane.active.adoption(),
            swapped=lane.swapped,
            given_up=lane.given_up,
            owing=lane.active.owing,
            clock_mode="wall" if basis.rules.is_wall_clock else "event",
            paused=lane.paused,
            figures_since=lane.figures.since,
            unclean_since=lane.unclean_since,
            erasure_key="" if key is None else key.fingerprint,
            oldest_format=lane.oldest_format,
        )

    def _encode_erasures(self, write: Write) -> None:
        """Leave tombstones of who was erased and has not begun anew, and say what changed in the block list."""
        outcome = self.outcome
        self.erasures = Erasures(outcome.erased, self.lane.progress.blocks.changes())
        write.states += [(name.encode(), None) for name in sorted(outcome.erased - outcome.touched.keys())]
        write.states += [block_record(hash_, block) for hash_, block in self.erasures.blocks.items()]

    def _encode_states(self, write: Write) -> None:
        outcome = self.outcome
        before: dict[str, Before] = dict.fromkeys(outcome.newcomers, NEW)
        for move in outcome.moves:
            before.setdefault(move.customer_id, Before(move.old_id, may_be_new=False))
        for customer_id in outcome.renamed:
            before.setdefault(customer_id, Before(outcome.touched[customer_id].segment, may_be_new=False))
        for customer_id, customer in outcome.touched.items():
            header = header_of(customer)
            record = encode_state(header, customer.counted)
            write.states.append((customer_id.encode(), record))
            self.rows.append(row_of(header, record, before.get(customer_id)))
