"""What operators said about a partition in the control topic, carried out once."""

from __future__ import annotations

from collections.abc import Sequence

from stream_app.contract.control import Resume, Skip
from stream_app.core.breaker import Breaker
from stream_app.core.errors import StopError
from stream_app.core.instants import NO_CLOCK
from stream_app.core.measure import Measure
from stream_app.core.model_switch import ModelSwitch
from stream_app.worker.active_model import ActiveModel
from stream_app.worker.control import Control
from stream_app.worker.lane import BREAKER, HELD, Lane
from stream_app.worker.models import Models
from stream_app.worker.swap import is_awaited, obey_swaps


def obey(lane: Lane, control: Control, models: Models, *, is_patient: bool = False) -> bool:
    """Carry out what is new; return whether the partition must be written although it may have no orders.

    The meta record of the same transaction carries the control position: no order is carried out twice.
    A running partition has nothing to be resumed or skipped: it reads its orders itself.
    """
    if lane.must_write:
        lane.must_write = False
        return True
    if lane.control_position >= control.position:
        return False
    refuse_moved(control)
    since = lane.control_position
    swaps = control.swaps_since(since)
    if is_awaited(lane, swaps, models):
        return False
    lane.control_position = control.position
    is_held = obey_swaps(lane, swaps, models, is_patient=is_patient)
    return resume(lane, control.orders_for(lane.partition, since)) or is_held


def resume(lane: Lane, orders: Sequence[Resume | Skip]) -> bool:
    """Let a paused partition go on if somebody said so; return whether somebody did."""
    if not orders or not lane.paused:
        return False
    # One that stands still for a swap has nothing that could not be read: a skip only lets it go on.
    skips = [order.to_offset for order in orders if isinstance(order, Skip) and lane.paused != HELD]
    lane.progress.source_position = max([lane.progress.source_position, *skips])
    if lane.paused == BREAKER:
        lane.progress.breaker = Breaker()
    lane.go_on()
    return True


def refuse_moved(control: Control) -> None:
    """Stop when the deployment has moved: events of a second one would have the ids of the first one's."""
    moved = control.moved
    if moved is not None:
        raise StopError(
            f"The deployment has moved to the topics with the prefix {moved.prefix!r} ({moved.by}, {moved.at}).",
            f"Set SEGSTREAM_TOPIC_PREFIX={moved.prefix} and the Redis prefix that goes with it.",
            code="DEPLOYMENT_MOVED",
        )


def begin_switch(lane: Lane, control: Control, models: Models, *, is_patient: bool = False) -> None:
    """Let the model that is live at the partition's clock decide from now on; one switch at a time.

    The meta record must name a control position behind the promotion, or a successor might not know the model.
    """
    active, clock = lane.active, lane.progress.clock.instant
    if lane.paused or active.is_walking or lane.control_position < control.position:
        return
    live = models.live_at(clock, lane.basis.window_days)
    if live is None or live[0].version == active.scorer.version:
        return
    scorer, promotion = live
    if clock == NO_CLOCK:
        lane.active = ActiveModel(scorer)
    else:
        old = Measure.of(active.scorer, lane.basis.window_days)
        switch = ModelSwitch(old, clock, is_quiet=promotion.is_quiet, is_patient=is_patient)
        active.begin(scorer, switch, lane.unapplied)
