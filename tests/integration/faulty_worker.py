"""The real worker with a fault: killed or stopped at a named point, or with one mistake in its protocol.

FAULT_KILL and FAULT_STOP are `<point>:<n>`: at the n-th pass a note is written to FAULT_MARKER, and the process
sends itself SIGKILL or SIGSTOP. FAULT_BUG names a mistake; the proofs must notice each of them. FAULT_TIME names
a file with the time of day, for tests that move it. FAULT_SLICE is how many due customers are served at a time.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from stream_app.core.errors import SegstreamError
from stream_app.core.outcome import Progress
from stream_app.settings import Settings, load_settings
from stream_app.worker import changelog, loader, takeover
from stream_app.worker.applier import Applier, Lost
from stream_app.worker.engine import Engine
from stream_app.worker.kafka_config import connection
from stream_app.worker.meta import Meta, progress_of
from stream_app.worker.run import run_worker
from stream_app.worker.store import Held, Store
from stream_app.worker.takeover import Takeover
from stream_app.worker.transaction import Transaction, Write
from stream_app.worker.work import LaneWork

POINTS = ("begin", "produce", "offsets", "commit_sent", "commit_acked", "mid_apply", "applied", "claim", "restore")
"""Where the crash proofs kill and stop workers, in the order of the protocol; others serve single scenarios."""

BUGS = ("redis_first", "no_claim_check", "unfenced_read", "end_before_offset", "no_offsets", "chunk_kept_over_revoke")

ANSWER_SECONDS = 0.001
"""Too short for a broker's answer, long enough to put the question on the wire."""

REJOIN_SECONDS = 10.0
DECIDED_SECONDS = 2.0
CALL_SECONDS = 5.0


class Fault:
    """What goes wrong in this process."""

    def __init__(self) -> None:
        self.bug = ""
        self._left: dict[str, int] = {}
        """Passes left until a point is the one."""
        self._signals: dict[str, signal.Signals] = {}
        self.offsets: dict[int, int] = {}
        """The source positions of the transaction under way."""

    def read_environment(self) -> None:
        """Learn which point or mistake it is; a forked process has been imported in another environment."""
        self.bug = os.environ.get("FAULT_BUG", "")
        for name, number in (("FAULT_STOP", signal.SIGSTOP), ("FAULT_KILL", signal.SIGKILL)):
            point, _, passes = os.environ.get(name, "").partition(":")
            self._signals[point] = number
            self._left[point] = int(passes or 1)

    def is_next(self, point: str) -> bool:
        """Tell whether the next pass of this point is the one."""
        return self._left.get(point) == 1

    def hit(self, point: str) -> None:
        """Count a pass, and kill or stop this process when it is the one."""
        if point not in self._left:
            return
        self._left[point] -= 1
        if self._left[point] == 0:
            _write_durably(Path(os.environ["FAULT_MARKER"]), {"point": point, "offsets": self.offsets})
            os.kill(os.getpid(), self._signals[point])


def _write_durably(file: Path, note: dict[str, Any]) -> None:
    beside = file.with_suffix(".new")
    with beside.open("w") as out:
        json.dump(note, out)
        out.flush()
        os.fsync(out.fileno())
    beside.rename(file)


FAULT = Fault()


class FaultyTransaction(Transaction):
    """Counts the steps of the transactions that publish changes."""

    engine: FaultyEngine
    _is_counted = True
    _has_offsets = False

    def run(self, writes: Iterable[Write]) -> dict[int, int]:
        made = list(writes)
        self._is_counted = any(write.changes for write in made)
        self._has_offsets = False
        return super().run(made)

    def _is_next(self, point: str) -> bool:
        return self._is_counted and FAULT.is_next(point)

    def _hit(self, point: str) -> None:
        if self._is_counted:
            FAULT.hit(point)

    def begin(self) -> None:
        super().begin()
        is_the_one = self._is_next("begin")
        self._hit("begin")
        if is_the_one and FAULT.bug == "chunk_kept_over_revoke":
            self.engine.poll_until_rejoined()

    def produce(self, writes: Iterable[Write]) -> list[Write]:
        made = list(writes)
        if self._is_next("late_records"):
            # The client sends records when it likes: they may follow the offsets.
            self.send_offsets(made)
        self._hit("late_records")
        super().produce(made)
        if self._is_next("produce"):
            self._producer.flush(5)
        self._hit("produce")
        return made

    def send_offsets(self, writes: Sequence[Write]) -> None:
        FAULT.offsets = {write.partition: write.source_position for write in writes}
        if FAULT.bug != "no_offsets" and not self._has_offsets:
            super().send_offsets(writes)
        self._has_offsets = True
        self._hit("offsets")

    def commit(self) -> None:
        if FAULT.bug == "redis_first":
            self._producer.flush(10)
            self.engine.apply_works({p: offset + 1 for p, offset in self._meta_offsets.items()})
            self._hit("redis_first")
        if self._is_next("commit_sent"):
            self._commit_unheard()
        else:
            super().commit()
            self._hit("commit_sent")
        self._hit("commit_acked")

    def _commit_unheard(self) -> None:
        """Send the commit and die before the answer is used; a fast broker's answer is not used either."""
        self._producer.flush(10)
        is_answered = True
        try:
            self._producer.commit_transaction(ANSWER_SECONDS)
        except KafkaException:
            is_answered = False
            self._wait_until_decided()
        self._hit("commit_sent")
        if not is_answered:
            super().commit()

    def _wait_until_decided(self) -> None:
        """Wait until the broker has closed the transaction; one that has not heard of the commit never does."""
        admin = AdminClient(connection(self.engine.settings, "fault"))
        places = [TopicPartition(self._topics.state, partition) for partition in self._meta_offsets]
        levels = (IsolationLevel.READ_COMMITTED, IsolationLevel.READ_UNCOMMITTED)
        deadline = time.monotonic() + DECIDED_SECONDS
        while time.monotonic() < deadline:
            asked = [
                admin.list_offsets({place: OffsetSpec.latest() for place in places}, isolation_level=level)
                for level in levels
            ]
            committed, written = ([found[place].result(CALL_SECONDS).offset for place in places] for found in asked)
            if committed == written:
                return


class FaultyStore(Store):
    """Reads and writes Redis, with or without its fences."""

    def source(self, name: str) -> str:
        text = super().source(name)
        if FAULT.bug == "no_claim_check" and name in {"apply", "check", "load"}:
            return _without_lines(text, "return 'CLAIM'", "return 'POSITION'", "{ 'CLAIM' }", "{ 'POSITION' }")
        if FAULT.bug == "unfenced_read" and name == "load":
            return _without_lines(text, "{ 'CLAIM' }", "{ 'POSITION' }", "{ 'DAMAGED' }")
        return text

    def now(self) -> int:
        return hand_moved_time() or super().now()


def hand_moved_time() -> int:
    """Return the time of day that a test has written down, in microseconds; 0 when it has written none."""
    path = Path(os.environ.get("FAULT_TIME", ""))
    return int(path.read_text()) if path.is_file() else 0


def _without_lines(script: str, *refusals: str) -> str:
    lines = script.splitlines()
    kept = [line for line in lines if not any(refusal in line for refusal in refusals)]
    assert len(kept) < len(lines), f"the fences {refusals} are not where they were"
    return "\n".join(kept)


class FaultyTakeover(Takeover):
    """Counts the steps of every takeover."""

    def read_ends(self) -> tuple[int | None, int]:
        if FAULT.bug != "end_before_offset":
            return super().read_ends()
        ends = FaultyTakeover.ends_seen
        end = ends.setdefault(self.partition, self._reader.state_end(self.partition))
        _write_durably(Path(os.environ["FAULT_MARKER"]), {"point": "ends", "offsets": ends})
        return self._committed_offset(), end

    ends_seen: dict[int, int] = {}  # noqa: RUF012
    """A takeover that waits for the offset is begun anew; the mistake is to trust the end read before."""

    def _agree(self, meta: Meta | None, committed: int | None) -> Progress:
        if FAULT.bug != "end_before_offset" or meta is None or committed is None:
            return super()._agree(meta, committed)
        progress = progress_of(meta, self.partition)
        progress.source_position = committed
        return progress

    def claim(self) -> Held:
        held = super().claim()
        FAULT.hit("claim")
        return held

    def _apply(self, records: list[tuple[int, bytes, bytes]], meta: Meta | None, *, is_rebuild: bool) -> Meta | None:
        if FAULT.bug == "end_before_offset":
            records = [record for record in records if record[0] < self.ends_seen[self.partition]]
            if not records:
                return meta
        meta = super()._apply(records, meta, is_rebuild=is_rebuild)
        FAULT.hit("restore")
        return meta


class FaultyApplier(Applier):
    """Counts chunks that are half and wholly applied."""

    def apply(self, works: list[LaneWork], positions: dict[int, int]) -> Lost:
        is_counted = any(work.outcome.changes for work in works)
        if is_counted:
            FAULT.hit("apply_begun")
        lost: Lost = []
        if len(works) > 1:
            lost = super().apply(works[:1], positions)
            FAULT.hit("mid_apply")
            works = works[1:]
        lost += super().apply(works, positions)
        if is_counted:
            FAULT.hit("applied")
        return lost


class FaultyEngine(Engine):
    """The engine with the parts above."""

    applier_class = FaultyApplier
    transaction_class = FaultyTransaction
    store_class = FaultyStore
    takeover_class = FaultyTakeover
    _works: list[LaneWork]

    @property
    def settings(self) -> Settings:
        """Where the brokers are."""
        return self._settings

    def _process(self, transaction: Transaction, works: list[LaneWork], obeyed: set[int]) -> None:
        assert isinstance(transaction, FaultyTransaction)
        transaction.engine = self
        self._works = works
        super()._process(transaction, works, obeyed)

    def _load(self, works: list[LaneWork], obeyed: set[int], budget: int) -> list[LaneWork]:
        if any(_needs_redis(work) for work in works):
            FAULT.hit("load")
        return super()._load(works, obeyed, budget)

    def apply_works(self, positions: dict[int, int]) -> None:
        """Write to Redis what the transaction under way has not committed."""
        self._finish_apply()
        Applier.apply(self._applier, self._works, positions)

    def poll_until_rejoined(self) -> None:
        """Let a revocation and a new assignment happen in the middle of a chunk, once."""
        self._assignment.is_joined = False
        deadline = time.monotonic() + REJOIN_SECONDS
        while not self._assignment.is_joined and time.monotonic() < deadline:
            self._fetch.poll_paused()


def _needs_redis(work: LaneWork) -> bool:
    """Tell whether an order names a customer who is not in memory."""
    orders = [inbound.order for inbound in work.inbound if inbound.order is not None]
    return any(order.customer_id not in work.lane.customers for order in orders)


def main() -> int:
    """Run the worker as the `segstream worker` command does."""
    FAULT.read_environment()
    changelog.RESTORE_SLICE = takeover.RESTORE_SLICE = 50
    if due_slice := int(os.environ.get("FAULT_SLICE", "0")):
        loader.BUSY_BUDGET = loader.IDLE_BUDGET = loader.SLICE = due_slice
    try:
        return run_worker(load_settings(), FaultyEngine, lambda: hand_moved_time() / 1_000_000 or time.time())
    except SegstreamError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
