"""Two counts that cannot come to one place any more are told so, and not asked again and again."""

from __future__ import annotations

import time
from typing import Any

import pytest
from redis import Redis

from stream_app.contract.control import Replay
from stream_app.core.errors import SegstreamError
from stream_app.core.outcome import Progress
from stream_app.local.valkey import LocalRedis
from stream_app.settings import Settings
from stream_app.shadow.follow import FollowingEngine
from stream_app.shadow.meeting import MEET_SECONDS, Barriers, Meeting
from stream_app.shadow.run import fold_at_once
from stream_app.worker.health import Health
from stream_app.worker.lane import HELD
from stream_app.worker.meta import encode_meta, identity_of, meta_of
from tests.builders import NOW

REPLAY = Replay(starts=[0], ends=[9], version="m", sha256="0", is_published=False, by="test", at=NOW)


def show(settings: Settings, redis: Redis, position: int, paused: str = "") -> None:
    """Let Redis say where a deployment's only partition stands."""
    values: dict[str, Any] = {"switch": None, "owing": None, "clock_mode": "event", "figures_since": "", "swapped": 0}
    identity = identity_of("cluster", "orders", "state", 1, 365, "EUR")
    progress = Progress(0, source_position=position)
    meta = meta_of(
        progress, identity, control_position=0, model_version="m", adoption=None, paused=paused, **values
    )  # fmt: skip
    redis.hset(
        f"{settings.redis_prefix}partition:{settings.topics.orders}:0",
        mapping={"meta": encode_meta(meta), "position": 1, "claim": "c"},
    )


def a_meeting(valkey: LocalRedis, redis: Redis, *, ours: str) -> Meeting:
    """Return what waits for two counts of which the namespace's has ended, at the place of the other."""
    live = Settings(_env_file=None, redis_url=valkey.url)
    shadow = live.within("other")
    show(live, redis, 9, ours)
    show(shadow, redis, 9)
    engine = FollowingEngine(shadow, Health(), fold_at_once, REPLAY, None)
    engine.is_done = True
    return Meeting(live, shadow, engine, lambda _: False)


def test_two_counts_meet_where_both_stand_still(valkey: LocalRedis, fresh_redis: Redis) -> None:
    assert a_meeting(valkey, fresh_redis, ours=HELD).barriers() == Barriers([9], [-1])


def test_a_partition_that_was_resumed_by_hand_ends_the_waiting_at_once(valkey: LocalRedis, fresh_redis: Redis) -> None:
    meeting, began = a_meeting(valkey, fresh_redis, ours=""), time.monotonic()

    with pytest.raises(SegstreamError, match="SWAP_TOO_LATE"):
        meeting.barriers()

    assert time.monotonic() - began < MEET_SECONDS / 2
