"""`segstream replay swap`: what is live takes over what a namespace holds, at one place of each partition's log."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import asdict

from stream_app.contract.control import Swap, WindowSwap
from stream_app.core.errors import SegstreamError
from stream_app.core.state_layout import STATE_FORMAT
from stream_app.logs import set_up_logging
from stream_app.lookup import Lookup
from stream_app.operators import say_all, told_by, told_now
from stream_app.settings import Settings
from stream_app.shadow.fitness import Fit, fit_replay, swap_under_way, until_over
from stream_app.shadow.follow import FollowingEngine, following
from stream_app.shadow.meeting import Barriers, Meeting
from stream_app.shadow.run import fold_at_once, running
from stream_app.worker.control import read_control
from stream_app.worker.health import Health
from stream_app.worker.meta import Meta

MOST_IDS = 2**31 - 1
"""So that an id takes five bytes of a state."""

Tell = Callable[[str], None]


class Wish(Struct, frozen=True):
    """What a person asks of a swap."""

    why: str = ""
    is_quiet: bool = False
    is_silent: bool = False
    rate: int | None = None
    """Records a second at most while the namespace follows; None: as fast as they go."""


class Swapped(Struct):
    """What came of it."""

    namespace: str
    held_seconds: float
    """From when the partitions were told to stand still until they were told to take over; 0: another process did."""
    refused: list[int]
    """Partitions that had gone on before the swap reached them: they are as they were."""


def swap(live: Settings, shadow: Settings, wish: Wish, tell: Tell) -> Swapped:
    """Return when every partition has taken over what the namespace holds; one that is under way is only watched.

    Raises SegstreamError when the namespace cannot take the place of what is live, or does not come near it.
    """
    lookup = Lookup(live)
    swap_id = swap_under_way(shadow, lookup)
    held_seconds = 0.0
    if swap_id is None:
        swap_id, held_seconds = _begin(live, shadow, wish, lookup, tell)
    return Swapped(shadow.namespace, held_seconds, _watch(live, lookup, swap_id, tell))


def _begin(live: Settings, shadow: Settings, wish: Wish, lookup: Lookup, tell: Tell) -> tuple[int, float]:
    """Return the id of the swap once it is said, and for how many seconds the partitions stood still."""
    fit = fit_replay(live, shadow, lookup)
    set_up_logging(shadow.model_copy(update={"log_level": "error"}))
    engine = FollowingEngine(shadow, Health(), fold_at_once, following(fit.replay), wish.rate)
    said = None
    with running(engine) as is_running:
        meeting = Meeting(live, shadow, engine, is_running)
        meeting.come_near(tell)
        tell("the partitions stand still")
        began = time.monotonic()
        with meeting.held():
            swap_id = _say(live, shadow, wish, fit, meeting.barriers())
        said = swap_id, time.monotonic() - began
    if said is None:
        # Ctrl-C ends what runs without an error.
        raise KeyboardInterrupt
    return said


def _say(live: Settings, shadow: Settings, wish: Wish, fit: Fit, met: Barriers) -> int:
    record = Swap(
        id=1 + secrets.randbelow(MOST_IDS),
        namespace=shadow.namespace,
        barriers=met.offsets,
        clocks=met.clocks,
        by=told_by(),
        at=told_now(),
        why=wish.why,
        is_quiet=wish.is_quiet,
        is_silent=wish.is_silent,
        format=STATE_FORMAT,
    )
    if fit.has_other_window:
        version, sha256, is_live_there = fit.model
        record = WindowSwap(
            **asdict(record), window_days=fit.window_days, version=version, sha256=sha256, keeps_models=is_live_there
        )
    say_all(live, [record])
    return record.id


def _watch(live: Settings, lookup: Lookup, swap_id: int, tell: Tell) -> list[int]:
    """Wait until no partition has anything left to take over; return those that never began."""
    position = read_control(live).position_behind(swap_id)
    metas = until_over(lookup, swap_id, position, tell, "taken over")
    _refuse_given_up(metas, swap_id)
    return [partition for partition, meta in enumerate(metas) if meta is not None and meta.swapped != swap_id]


def _refuse_given_up(metas: list[Meta | None], swap_id: int) -> None:
    """Raise SegstreamError when somebody gave the swap up meanwhile."""
    half = [partition for partition, meta in enumerate(metas) if meta is not None and meta.given_up == swap_id]
    if half:
        raise SegstreamError(
            f"The swap was given up in {len(half)} of {len(metas)} partitions.",
            "Some customers are of the replay, and some are not: count everybody anew, and swap that.",
            code="SWAP_GIVEN_UP",
        )
