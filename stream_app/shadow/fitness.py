"""Whether a namespace can take the place of what is live."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from msgspec import UNSET, UnsetType

from stream_app.contract.control import Replay, Swap
from stream_app.core.errors import SegstreamError
from stream_app.core.promotions import Promotions
from stream_app.core.state_layout import STATE_FORMAT
from stream_app.lookup import Lookup
from stream_app.operators import now_us, promotions, refuse_other_content
from stream_app.settings import Settings
from stream_app.shadow.begin import replay_of
from stream_app.shadow.run import is_live
from stream_app.worker.control import read_control
from stream_app.worker.meta import Meta, formats_of
from stream_app.worker.promoted import load_promoted

LOOK_SECONDS = 0.2

_SAME = ("cluster_id", "orders_topic_id", "partitions", "currency")


def swap_under_way(shadow: Settings, lookup: Lookup) -> int | None:
    """Return the id of the swap to this namespace that partitions are at, None when there is none.

    Raises SegstreamError when they are at another one.
    """
    found = [meta.adoption for meta in lookup.metas() if meta is not None and meta.adoption is not None]
    for adoption in found:
        if adoption.namespace != shadow.namespace:
            raise SegstreamError(
                f"Partitions take over {adoption.namespace}.", "Wait until that is done.", code="SWAP_UNDER_WAY"
            )
    return found[0].id if found else None


def still_at(metas: list[Meta | None], swap_id: int, position: int) -> list[int]:
    """Return the partitions that have not heard of a swap, which ends at a control position, or are at it.

    What Redis has lost says nothing, so it is not over there.
    """
    return [partition for partition, meta in enumerate(metas) if meta is None or not _is_over(meta, swap_id, position)]


def until_over(
    lookup: Lookup, swap_id: int, position: int, tell: Callable[[str], None], done: str
) -> list[Meta | None]:
    """Wait until no partition is `still_at` a swap, and return the meta records of then; `done` says what they did."""
    while True:
        metas = lookup.metas()
        left = still_at(metas, swap_id, position)
        # An emptied Redis shows no partition at all until a worker has restored one.
        if metas and not left:
            return metas
        tell(f"{len(metas) - len(left)} of {len(metas)} partitions have {done}")
        time.sleep(LOOK_SECONDS)


def _is_over(meta: Meta, swap_id: int, position: int) -> bool:
    """Tell whether a partition has heard of the swap, and is done with it or refused it."""
    return meta.control_position >= position and (meta.adoption is None or meta.adoption.id != swap_id)


def refuse_needed(live: Settings, shadow: Settings, lookup: Lookup) -> None:
    """Raise SegstreamError while partitions take over this namespace, or will once a worker hears that they shall."""
    control, metas = read_control(live), lookup.metas()
    for said in control.swaps_since(0):
        if not isinstance(said, Swap) or said.namespace != shadow.namespace:
            continue
        if not metas or still_at(metas, said.id, control.position_behind(said.id)):
            raise SegstreamError(
                f"Partitions take over {shadow.namespace}.", "Wait until that is done.", code="SWAP_UNDER_WAY"
            )


class Taken(NamedTuple):
    """The model that comes with another window."""

    version: str
    sha256: str
    is_live_there: bool
    """True: some partitions count by that window already, and this is the model that is live for it."""


class Fit(NamedTuple):
    """A namespace that can take the place of what is live."""

    replay: Replay
    window_days: int | None
    has_other_window: bool
    """True: some partition counts by another window, or was told to, and goes over to that of the namespace."""
    model: Taken
    """Which model those take that go over."""


def fit_replay(live: Settings, shadow: Settings, lookup: Lookup) -> Fit:
    """Return what the namespace is made of; raises SegstreamError when it cannot take the place of what is live."""
    counted = Lookup(shadow).metas()
    # Before the control topic is read: of a namespace that was never begun there is none.
    replay = replay_of(shadow) if any(counted) else None
    if replay is None:
        raise SegstreamError(
            f"Nobody was counted in {shadow.namespace} yet.",
            f"Run: segstream replay --into {shadow.namespace}",
            code="NAMESPACE_EMPTY",
        )
    if not is_live(live):
        raise SegstreamError(
            "No live worker runs, and workers are who take over.", "Start one: segstream worker", code="NO_WORKER"
        )
    metas = lookup.metas()
    for partition, meta in enumerate(metas):
        _refuse_unready(partition, meta)
    _refuse_other_rules(metas, counted)
    _refuse_other_format(shadow.namespace, counted)
    (window_days,) = _windows(counted)
    said = promotions(live)
    has_other_window = goes_elsewhere(_windows(metas), said.window_said, window_days)
    model = taken(said, _windows(metas), replay, window_days, now_us())
    if has_other_window:
        # No worker could go over to it otherwise.
        load_promoted(live, model.version, model.sha256, window_days)
        refuse_other_content(said, model.version, model.sha256)
    return Fit(replay, window_days, has_other_window, model)


def taken(
    said: Promotions, counted: Collection[int | None], replay: Replay, window_days: int | None, now: int
) -> Taken:
    """Return the model that partitions take with a window: the replay's, or what was promoted since they began to."""
    live = said.counting(window_days).live(now) if window_days in counted else None
    if live is None:
        return Taken(replay.version, replay.sha256, is_live_there=False)
    return Taken(live.version, live.sha256, is_live_there=True)


def goes_elsewhere(counted: Collection[int | None], said: int | UnsetType | None, window_days: int | None) -> bool:
    """Tell whether a swap has to say its window: not all partitions count by it, or were last told to go over to it."""
    return any(each != window_days for each in counted) or said not in (UNSET, window_days)


def _refuse_other_format(namespace: str, counted: list[Meta | None]) -> None:
    """Raise SegstreamError when another release has written states of the namespace: ours may count more in them."""
    formats = {format_ for meta in counted if meta is not None for format_ in formats_of(meta)}
    if formats != {STATE_FORMAT}:
        raise SegstreamError(
            f"States of {namespace} are written in format {', '.join(map(str, sorted(formats)))},"
            f" and this release writes {STATE_FORMAT}.",
            f"Count anew: segstream replay remove {namespace}, and replay again.",
            code="SWAP_RULES",
        )


def _windows(metas: list[Meta | None]) -> set[int | None]:
    return {meta.identity.window_days for meta in metas if meta is not None}


def _refuse_unready(partition: int, meta: Meta | None) -> None:
    """Raise SegstreamError when a partition has no place to be met at."""
    if meta is None:
        cause, mend = "has no state yet", "Send it an order or a tick first: segstream tick --to INSTANT"
    elif meta.paused:
        cause, mend = (
            f"is paused: {meta.paused}",
            f"See to that first, and run: segstream partitions resume {partition}",
        )
    elif meta.switch is not None:
        cause, mend = "is on its way to another model", "Wait until that is done: segstream models list"
    else:
        return
    raise SegstreamError(f"Partition {partition} {cause}.", mend, code="SWAP_NOT_NOW")


def _refuse_other_rules(live: list[Meta | None], shadow: list[Meta | None]) -> None:
    ours, theirs = (next(meta.identity for meta in metas if meta is not None) for metas in (live, shadow))
    for name in _SAME:
        was, is_now = getattr(ours, name), getattr(theirs, name)
        if was != is_now:
            raise SegstreamError(
                f"What is live has {name} {was}, the namespace {is_now}.",
                "Replay under the rules of what is live.",
                code="SWAP_RULES",
            )
