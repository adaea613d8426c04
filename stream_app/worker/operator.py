"""What operators said about a partition in the control topic, carried out once."""

from __future__ import annotations

from stream_app.contract.control import Skip
from stream_app.core.breaker import Breaker
from stream_app.worker.control import Control
from stream_app.worker.lane import Lane


def obey(lane: Lane, control: Control) -> bool:
    """Carry out what is new; return whether the partition must be written and read on from a new place.

    The meta record of the same transaction carries the control position: no order is carried out twice.
    """
    if lane.control_position >= control.position:
        return False
    orders = control.orders_for(lane.partition, lane.control_position)
    lane.control_position = control.position
    skips = [order.to_offset for order in orders if isinstance(order, Skip)]
    position = max([lane.progress.source_position, *skips])
    if not orders or (not lane.paused and position == lane.progress.source_position):
        return False
    lane.progress.source_position = position
    lane.progress.breaker = Breaker()
    lane.paused = ""
    lane.corrupt_tries = 0
    return True
