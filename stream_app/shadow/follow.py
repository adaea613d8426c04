"""A replay that goes on beside what is live, up to where that is, and ends where it is told to."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from stream_app.contract.control import Replay
from stream_app.shadow.engine import ShadowEngine


class Goal(NamedTuple):
    """Up to which offset each partition may be read now."""

    ends: list[int]
    is_last: bool
    """True: it is over when all stand there."""


def following(replay: Replay) -> Replay:
    """Return a replay whose ends may be moved: those that were told are where it begins to follow."""
    return replace(replay, ends=list(replay.ends))


class FollowingEngine(ShadowEngine):
    """`lead` is called by another thread, and again and again: a partition never reads beyond what it was told."""

    _goal: Goal | None = None
    _followed: Goal | None = None
    """The one that was followed last."""
    _is_last = False
    is_settled = False
    """True while every partition is this process's, and counts."""

    def lead(self, ends: list[int], *, is_last: bool = False) -> None:
        """Say how far to go from now on; never less far than before."""
        self._goal = Goal(ends, is_last)

    def _turn(self) -> bool:
        goal = self._goal
        if goal is not None:
            self._follow(goal)
        found = super()._turn()
        self.is_settled = len(self._assignment.lanes) == len(self._replay.ends)
        return found

    def _follow(self, goal: Goal) -> None:
        self._is_last = goal.is_last
        if self._followed is not None:
            # On top of the pace, or it would never come near a shop whose orders come as fast.
            lanes, before = self._assignment.lanes, self._followed.ends
            came = sum(max(0, goal.ends[partition] - before[partition]) for partition in lanes)
            self._pace.grant(came, sum(max(0, goal.ends[p] - lane.reached) for p, lane in lanes.items()))
        self._followed = goal
        ends = self._replay.ends
        for partition, end in enumerate(goal.ends):
            if end <= ends[partition]:
                continue
            lane = self._assignment.lanes.get(partition)
            is_at_end = lane is not None and lane.reached >= ends[partition]
            ends[partition] = end
            if lane is not None:
                self._closed.discard(lane.lease.claim)
            # One that is on its way goes on by itself: to seek would throw away what the client has fetched.
            if lane is not None and is_at_end and not lane.paused:
                self._assignment.resume(lane)

    def _look(self) -> None:
        if self._is_last:
            super()._look()
