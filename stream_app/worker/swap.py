"""Stands a partition still for a namespace that comes to the same offset, and begins to take over its states."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Protocol, TypeGuard

import structlog

from model_store.scoring import Scorer
from stream_app.contract.control import GiveUp, Hold, Swap, WindowSwap
from stream_app.core.adoption import remember_first
from stream_app.core.measure import Measure
from stream_app.core.state_layout import READABLE
from stream_app.worker.adopting import Adopting
from stream_app.worker.lane import HELD, HOLD_SECONDS, Lane

log = structlog.get_logger("segstream.swap")


class ModelsOfSwaps(Protocol):
    """Says whether the model is at hand that comes with another window."""

    def of_swap(self, swap: WindowSwap) -> Scorer | None:
        """Return it, None while it is not."""


def is_awaited(lane: Lane, said: Iterable[Hold | Swap | GiveUp], models: ModelsOfSwaps) -> bool:
    """Tell whether a partition stands at the barrier of a swap whose model is not at hand yet: it waits there.

    Until it goes on as one to which no swap came; nothing else that is said is carried out meanwhile.
    """
    if lane.paused != HELD:
        return False
    return any(
        _leads_elsewhere(record, lane) and _is_at_barrier(lane, record) and models.of_swap(record) is None
        for record in said
    )


def obey_swaps(lane: Lane, said: Iterable[Hold | Swap | GiveUp], models: ModelsOfSwaps, *, is_patient: bool) -> bool:
    """Carry out what is new; return whether the partition must be written although it may have no orders."""
    is_told = False
    for record in said:
        if isinstance(record, Hold):
            is_told |= _stand_still(lane, record)
        elif isinstance(record, Swap):
            is_told |= _begin(lane, record, models, is_patient=is_patient)
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
    # Whoever may write to the control topic could else let it stand for good.
    lane.held_until = time.monotonic() + min(hold.seconds, HOLD_SECONDS)
    lane.paused = HELD
    return True


def _leads_elsewhere(said: Hold | Swap | GiveUp, lane: Lane) -> TypeGuard[WindowSwap]:
    """Tell whether a swap leads a partition to another window, or to the model that comes with its own."""
    if not isinstance(said, WindowSwap):
        return False
    return not said.keeps_models or said.window_days != lane.basis.window_days


def _is_at_barrier(lane: Lane, swap: Swap) -> bool:
    place = lane.partition
    return place < len(swap.barriers) and lane.progress.source_position == swap.barriers[place]


def _obstacle(lane: Lane, swap: Swap, scorer: Scorer | None) -> str:
    """Return why a partition takes nothing over, empty when it does."""
    if swap.format not in READABLE:
        return f"another release has written the replay, in format {swap.format}"
    if scorer is None:
        return "its model is not at hand"
    return "" if lane.paused == HELD and _is_at_barrier(lane, swap) else "the partition is not at the barrier"


def _begin(lane: Lane, swap: Swap, models: ModelsOfSwaps, *, is_patient: bool) -> bool:
    place, active = lane.partition, lane.active
    scorer = models.of_swap(swap) if _leads_elsewhere(swap, lane) else active.scorer
    obstacle = _obstacle(lane, swap, scorer)
    if scorer is None or obstacle:
        log.warning(f"not swapped: {obstacle}", partition=place, namespace=swap.namespace)
        # Whoever said it waits to hear of it, and no order may come for long.
        return True
    lane.go_on()
    old = Measure.of(active.scorer, lane.basis.window_days)
    if isinstance(swap, WindowSwap):
        lane.basis = lane.basis.counting(swap.window_days)
    clock = lane.progress.clock
    # Never before what the namespace has seen: its states cannot be brought back to an earlier instant.
    clock.advance(swap.clocks[place])
    remember_first(clock)
    lane.swapped = swap.id
    active.begin_swap(scorer, Adopting.of(swap, place, clock.instant, old, is_patient=is_patient), lane.unapplied)
    log.info(
        "swap begins", partition=place, namespace=swap.namespace, position=swap.barriers[place],
        window_days=lane.basis.window_days, model=scorer.version,
    )  # fmt: skip
    return True


def _give_up(lane: Lane, said: GiveUp) -> bool:
    """Go on with the states that everybody has now, and remember that some of them are of the other count."""
    adopting = lane.active.adopting
    if adopting is not None and adopting.terms.id == said.id:
        lane.active.give_up(lane.unapplied)
        lane.given_up = said.id
        log.warning("swap given up", partition=lane.partition, namespace=said.namespace)
    # Whoever said it waits to hear of it.
    return True
