"""Gives up a swap that cannot end, because the namespace that is taken over is lost for good."""

from __future__ import annotations

from collections.abc import Callable

from stream_app.contract.control import GiveUp
from stream_app.core.errors import SegstreamError
from stream_app.lookup import Lookup
from stream_app.operators import say_all, told_by, told_now
from stream_app.settings import Settings
from stream_app.shadow.fitness import still_at, until_over
from stream_app.worker.control import read_control
from stream_app.worker.meta import half_swapped


def give_up(live: Settings, namespace: str, why: str, tell: Callable[[str], None]) -> list[int]:
    """Let partitions go on that take over a namespace; return those whose customers are of both counts since.

    Raises SegstreamError when no partition takes it over, or will once a worker hears that it shall.
    """
    lookup, control = Lookup(live), read_control(live)
    swap, metas = control.newest_swap(namespace), lookup.metas()
    if swap is None or (metas and not still_at(metas, swap.id, control.position_behind(swap.id))):
        raise SegstreamError(
            f"No partition takes over {namespace}.", "There is nothing to give up.", code="SWAP_NOT_UNDER_WAY"
        )
    say_all(live, [GiveUp(id=swap.id, namespace=namespace, by=told_by(), at=told_now(), why=why)])
    # At least so far a partition must have read to have heard of it.
    position = read_control(live).position
    return half_swapped(until_over(lookup, swap.id, position, tell, "heard of it"))
