"""GET /activity: how fast orders are processed, and how many wait."""

from __future__ import annotations

import time

from fastapi import APIRouter

from stream_app.api.answers import Activity, PartitionActivity
from stream_app.api.documented import problems
from stream_app.api.parts import Here, Parts
from stream_app.core.instants import NO_CLOCK, rfc3339
from stream_app.lookup import Lookup, PartitionStatus

router = APIRouter(tags=["health"])


@router.get("/activity", responses=problems(503))
async def activity(here: Here) -> Activity:
    """Return the rate since an earlier reading, and for each partition how many orders wait."""
    return await here.asking.redis(lambda lookup: _activity(lookup, here))


def _activity(lookup: Lookup, here: Parts) -> Activity:
    statuses = lookup.partitions(lookup.partition_count())
    ends = here.ends.ends([status.partition for status in statuses])
    partitions = [_partition(status, ends.get(status.partition)) for status in statuses]
    lags = [each.lag for each in partitions if each.lag is not None]
    clocks = [status.clock for status in statuses if status.clock != NO_CLOCK]
    here.rate.note(sum(status.source_position for status in statuses), time.monotonic())
    return Activity(
        orders_per_second=here.rate.per_second(),
        lag=sum(lags) if len(lags) == len(partitions) else None,
        clock=rfc3339(min(clocks)) if clocks else None,
        partitions=partitions,
    )


def _partition(status: PartitionStatus, end: int | None) -> PartitionActivity:
    return PartitionActivity(
        partition=status.partition,
        position=status.source_position,
        lag=None if end is None else max(0, end - status.source_position),
        clock=None if status.clock == NO_CLOCK else rfc3339(status.clock),
        customers=max(0, status.customers),
        paused=status.paused,
    )
