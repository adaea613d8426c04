"""One chunk on its way through the worker: what the agent folds and scores, and what is written of it."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib.metadata import version

from model_store.scoring import Scorer
from stream_app.contract.dead_letter import letter_headers
from stream_app.contract.segment_change import change_headers, encode_change
from stream_app.core.customer import Customer
from stream_app.core.inbound import Inbound
from stream_app.core.pipeline import Chunk, Outcome
from stream_app.core.rules import Rules
from stream_app.core.state_record import encode_state, header_of
from stream_app.worker.lane import BREAKER, Lane
from stream_app.worker.meta import Identity, encode_meta, meta_of
from stream_app.worker.rows import Row, row_of
from stream_app.worker.transaction import Write

WORKER_VERSION = version("segstream")


@dataclass
class LaneWork:
    """One partition's share of a chunk."""

    lane: Lane
    inbound: list[Inbound]
    customers: dict[str, Customer] = field(default_factory=dict)
    due: list[str] = field(default_factory=list)
    is_due_complete: bool = True
    """True when `due` names everybody who was due when it was read."""
    asked_until: int = -1

    outcome: Outcome = field(default_factory=Outcome)
    write: Write | None = None
    rows: list[Row] = field(default_factory=list)


@dataclass
class Work:
    """A chunk: handed to the agent as one item, done when its future is."""

    lanes: list[LaneWork]
    scorer: Scorer
    rules: Rules
    identity: Identity
    done: Future[None] = field(default_factory=Future)

    def run(self) -> None:
        """Fold and score everything, and encode what will be written."""
        for lane_work in self.lanes:
            self._run_lane(lane_work)

    def _run_lane(self, work: LaneWork) -> None:
        lane = work.lane
        chunk = Chunk(lane.progress, work.customers, self.scorer, self.rules)
        chunk.process(work.inbound)
        if not chunk.outcome.is_stopped:
            chunk.fire(work.due)
            if work.is_due_complete:
                lane.progress.clock.forget(work.asked_until)
        chunk.announce()
        work.outcome = chunk.outcome
        if chunk.outcome.is_stopped:
            lane.paused = BREAKER
        self._encode(work)

    def _encode(self, work: LaneWork) -> None:
        lane, outcome = work.lane, work.outcome
        meta = meta_of(
            lane.progress,
            self.identity,
            control_position=lane.control_position,
            model_version=self.scorer.model.version,
            paused=lane.paused,
        )
        write = Write(lane.partition, lane.progress.source_position, encode_meta(meta), lane.progress.customers)
        for change in outcome.changes:
            write.changes.append((change.customer_id.encode(), encode_change(change), change_headers(change)))
        for customer_id, customer in outcome.touched.items():
            header = header_of(customer)
            record = encode_state(header, customer.rfm)
            write.states.append((customer_id.encode(), record))
            work.rows.append(row_of(header, record, is_restated=customer_id in outcome.restated))
        for letter, refusal in outcome.dead_letters:
            headers = letter_headers(
                refusal,
                letter.headers() or [],
                topic=self.rules.orders_topic,
                partition=lane.partition,
                offset=letter.offset(),
                version=WORKER_VERSION,
            )
            write.dead_letters.append((letter.key(), letter.value(), headers))
        work.write = write
