"""What operators said about a partition in the control topic, carried out once."""

from __future__ import annotations

from stream_app.contract.control import Skip
from stream_app.core.breaker import Breaker
from stream_app.worker.control import Control
from stream_app.worker.lane import Lane


def obey(lane: Lane, control: Control) -> bool:
    """Carry out what is new; return whether the partition must be written although it may have no orders.

    The meta record of the same transaction carries the control position: no order is carried out twice.
    A running partition has nothing to be resumed or skipped: it reads its orders itself.
    """
    if lane.must_write:
        lane.must_write = False
        return True
    if lane.control_position >= control.position:
        return False
    orders = control.orders_for(lane.partition, lane.control_position)
    lane.control_position = control.position
    if not orders or not lane.paused:
        return False
    skips = [order.to_offset for order in orders if isinstance(order, Skip)]
    lane.progress.source_position = max([lane.progress.source_position, *skips])
    lane.progress.breaker = Breaker()
    lane.paused = ""
    lane.failures = 0
    return True
