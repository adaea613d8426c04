"""Stands a partition still for a namespace that comes to the same offset, and begins to take over its states."""

from __future__ import annotations

import time
from collections.abc import Iterable

import structlog

from stream_app.contract.control import GiveUp, Hold, Swap
from stream_app.core.adoption import remember_first
from stream_app.worker.adopting import Adopting
from stream_app.worker.lane import HELD, Lane

log = structlog.get_logger("segstream.swap")


def obey_swaps(lane: Lane, said: Iterable[Hold | Swap | GiveUp], *, is_patient: bool) -> bool:
    """Carry out what is new; return whether the partition must be written although it may have no orders."""
    is_told = False
    for record in said:
        if isinstance(record, Hold):
            is_told |= _stand_still(lane, record)
        elif isinstance(record, Swap):
            is_told |= _begin(lane, record, is_patient=is_patient)
        else:
            is_told |= _give_up(lane, record)
    return is_told


def release(lane: Lane) -> None:
    """Let a partition go on to which no swap has come in time."""
    if lane.paused == HELD and time.monotonic() >= lane.held_until:
        log.warning("no swap came", partition=lane.partition, position=lane.progress.source_position)
        lane.go_on()
        lane.must_write = True


def _stand_still(lane: Lane, hold: Hold) -> bool:
    """Stop where the partition is; one that is paused or on its way to another model has no place to be met at."""
    if lane.paused or lane.active.is_walking:
        return False
    # Markers of transactions may lie behind the last order, and a replay that ended with the log stands behind them.
    lane.progress.source_position = lane.reached
    lane.held_until = time.monotonic() + hold.seconds
    lane.paused = HELD
    return True


def _begin(lane: Lane, swap: Swap, *, is_patient: bool) -> bool:
    place, active = lane.partition, lane.active
    is_there = lane.paused == HELD and place < len(swap.barriers)
    if not is_there or lane.progress.source_position != swap.barriers[place]:
        log.warning("not swapped: the partition is not at the barrier", partition=place, namespace=swap.namespace)
        # Whoever said it waits to hear of it, and no order may come for long.
        return True
    lane.go_on()
    clock = lane.progress.clock
    # Never before what the namespace has seen: its states cannot be brought back to an earlier instant.
    clock.advance(swap.clocks[place])
    remember_first(clock)
    lane.swapped = swap.id
    active.begin_swap(Adopting.of(swap, place, clock.instant, is_patient=is_patient), lane.unapplied)
    log.info("swap begins", partition=place, namespace=swap.namespace, position=swap.barriers[place])
    return True


def _give_up(lane: Lane, said: GiveUp) -> bool:
    """Go on with the states that everybody has now, and remember that some of them are of the other count."""
    adopting = lane.active.adopting
    if adopting is not None and adopting.terms.id == said.id:
        lane.active.end()
        lane.given_up = said.id
        log.warning("swap given up", partition=lane.partition, namespace=said.namespace)
    # Whoever said it waits to hear of it.
    return True
