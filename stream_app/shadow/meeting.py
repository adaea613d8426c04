"""Brings a namespace and what is live to one place of each partition's log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from stream_app.contract.control import Hold
from stream_app.core.errors import OutageError, SegstreamError
from stream_app.lookup import Lookup, PartitionStatus
from stream_app.operators import resume, say_all, told_by, told_now
from stream_app.settings import Settings
from stream_app.shadow.follow import FollowingEngine
from stream_app.worker.lane import HELD, HOLD_SECONDS

LOOK_SECONDS = 0.1
NEAR = 1_000
"""So many records behind what is live, a namespace is near enough for the partitions to wait for it."""
NEAR_SECONDS = 1.0
"""Or so many as came live in this time: in a busy shop that many come while one looks."""
MEET_SECONDS = 20.0
"""The partitions go on by themselves after HOLD_SECONDS: a namespace that is not there by now comes too late."""


class Barriers(NamedTuple):
    """Where both stand."""

    offsets: list[int]
    clocks: list[int]
    """The namespace's, in microseconds."""


def refuse_switching(ours: list[PartitionStatus]) -> None:
    """Raise SegstreamError when a partition is in a switch or a swap, be it one that another process has said.

    A namespace that partitions take over must not move: led beyond the barrier it is of no use to them for ever. A
    partition's place and its swap come from one meta record, so the swap is seen before any place behind the barrier.
    """
    partition = next((each.partition for each in ours if each.is_switching), None)
    if partition is not None:
        raise SegstreamError(
            f"Partition {partition} is on its way to another model or to a replay.",
            "Nothing was swapped by this command. Wait until that is done.",
            code="SWAP_NOT_NOW",
        )


def to_be_told(ours: list[PartitionStatus]) -> list[int]:
    """Return which partitions are to go on when a hold is given up: one that is paused for a reason of its own is not.

    Who has not shown yet that it stands still may be about to, and is told as well.
    """
    return [each.partition for each in ours if each.paused in ("", HELD)]


def are_still(ours: list[PartitionStatus]) -> bool:
    """Tell whether all partitions stand still."""
    return all(each.paused == HELD for each in ours)


def met_at(ours: list[PartitionStatus], theirs: list[PartitionStatus], namespace: str) -> Barriers | None:
    """Return where all partitions stand still and the namespace stands too, None where that is not so.

    Raises SegstreamError when the namespace stands behind that: it cannot go back.
    """
    if not are_still(ours):
        return None
    offsets = [each.source_position for each in ours]
    if any(each.source_position > offsets[each.partition] for each in theirs):
        raise SegstreamError(
            f"{namespace} is ahead of what is live.",
            "Nothing was swapped. Wait until the worker has caught up: segstream partitions list",
            code="SWAP_NOT_NOW",
        )
    is_met = [each.source_position for each in theirs] == offsets
    return Barriers(offsets, [each.clock for each in theirs]) if is_met else None


class Arrivals:
    """How many records came lately, by where the partitions stood from time to time."""

    def __init__(self) -> None:
        self._places: deque[tuple[float, int]] = deque()

    def note(self, now: float, place: int) -> int:
        """Note the sum of the offsets at a time; return how many records came in the NEAR_SECONDS before it."""
        self._places.append((now, place))
        while now - self._places[0][0] > NEAR_SECONDS:
            self._places.popleft()
        return place - self._places[0][1]


class Meeting:
    """The namespace's engine runs in another thread, and is led from here."""

    def __init__(
        self, live: Settings, shadow: Settings, engine: FollowingEngine, is_running: Callable[[float], bool]
    ) -> None:
        self._live = live
        self._namespace = shadow.namespace
        self._lookups = Lookup(live), Lookup(shadow)
        self._engine = engine
        self._is_running = is_running
        self._count = self._lookups[0].partition_count()

    def come_near(self, tell: Callable[[str], None]) -> None:
        """Follow what is live until the namespace is near, however long that takes."""
        arrivals = Arrivals()
        while True:
            ours, theirs = self._standing()
            came = arrivals.note(time.monotonic(), sum(each.source_position for each in ours))
            self._engine.lead([each.source_position for each in ours])
            reached = {each.partition: each.source_position for each in theirs}
            behind = sum(max(0, each.source_position - reached.get(each.partition, 0)) for each in ours)
            tell(f"{self._namespace} is {behind:,} records behind what is live")
            if self._engine.is_settled and behind <= max(NEAR, came):
                return
            self._wait()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Tell all partitions to stand still; where the body fails they are told to go on."""
        record = Hold(namespace=self._namespace, seconds=HOLD_SECONDS, by=told_by(), at=told_now())
        say_all(self._live, [record])
        try:
            yield
        except BaseException:
            with suppress(SegstreamError):
                for partition in to_be_told(self._lookups[0].partitions(self._count)):
                    resume(self._live, partition, f"the swap to {self._namespace} was given up")
            raise

    def barriers(self) -> Barriers:
        """Return where all partitions stand still, once the namespace stands there too; raises when it does not."""
        deadline = time.monotonic() + MEET_SECONDS
        while True:
            # Before the places are read: what is read of an engine that had ended is the last there will be.
            has_ended = self._engine.is_done
            ours, theirs = self._standing()
            met = met_at(ours, theirs, self._namespace)
            if met is not None and has_ended:
                return met
            if has_ended or time.monotonic() > deadline:
                raise SegstreamError(
                    f"{self._namespace} and what is live did not come to one place: a partition went on before,"
                    f" or {MEET_SECONDS:.0f} s were not enough.",
                    "Nothing was swapped. See `segstream partitions list`, and try again.",
                    code="SWAP_TOO_LATE",
                )
            self._engine.lead([each.source_position for each in ours], is_last=are_still(ours))
            if not self._engine.is_done:
                self._wait()

    def _standing(self) -> tuple[list[PartitionStatus], list[PartitionStatus]]:
        ours, theirs = (lookup.partitions(self._count) for lookup in self._lookups)
        if len(ours) < self._count:
            raise OutageError(
                "Redis does not show where the partitions stand.", "Wait until the worker runs.", code="REDIS_AWAY"
            )
        refuse_switching(ours)
        return ours, theirs

    def _wait(self) -> None:
        if not self._is_running(LOOK_SECONDS) and not self._engine.is_done:
            raise SegstreamError(
                "The namespace's engine has ended.", "Nothing was swapped. Try again.", code="REPLAY_ENDED"
            )
