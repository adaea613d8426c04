"""`segstream topics repartition finish`: the rest of the copy, its proof, the states, and the new topic's opening."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from stream_app.core.errors import SegstreamError
from stream_app.repartition.carry import carry, is_carried
from stream_app.repartition.control import carry_control, say_moved
from stream_app.repartition.copy import Copy, Show
from stream_app.repartition.fingerprint import Fingerprint
from stream_app.repartition.seal import is_sealed
from stream_app.repartition.target import Target, open_target
from stream_app.shadow.run import is_live
from stream_app.topic_log import find_bounds, read_between

ROLE = "repartition"


class Finished(Struct):
    """What the new topics hold."""

    orders: int
    """Orders, markers and whatever else lay in the partition of its key."""
    others: int
    """Ticks, once in each partition, and what was refused because of its key."""
    customers: int
    was_done: bool = False
    """True: an earlier run did it, and nothing was looked at again."""


def finish(target: Target, tell: Callable[[str], None], show: Show, copy_class: type[Copy] = Copy) -> Finished:
    """Bring the new topics to where a worker can go on from the old ones; raises when anything would be lost."""
    copy = copy_class(target)
    if is_carried(target, copy.writer):
        _change_over(target)
        return Finished(0, 0, 0, was_done=True)
    _check_ready(target)
    tell(f"Copying the rest of {target.old.topics.orders}")
    copy.run(show)
    tell("Comparing the copy, record by record")
    proof = compare(target)
    tell("Carrying what is said of models and erasures, and every customer's state")
    customers = carry(target, copy.writer, carry_control(target))
    _change_over(target)
    return Finished(proof.orders, proof.others, customers)


def _change_over(target: Target) -> None:
    """Close the old topics to workers before shops can write to the new one as they should."""
    say_moved(target)
    open_target(target)


def _check_ready(target: Target) -> None:
    if not is_sealed(target.old):
        raise SegstreamError(
            f"{target.old.topics.orders} is not sealed: orders could come that the copy does not have.",
            "Run: segstream topics repartition seal",
            code="REPARTITION_UNSEALED",
        )
    if is_live(target.old):
        raise SegstreamError(
            "A worker still runs on the old topics.",
            "Let it read to the end, see `segstream partitions list`, and end it.",
            code="REPARTITION_BUSY",
        )


def compare(target: Target) -> Fingerprint:
    """Read both topics and return what they have in common; raises SegstreamError when they differ."""
    found, copied = Fingerprint(target.routing), Fingerprint(target.routing)
    for settings, take in ((target.old, found.take_old), (target.new, copied.take)):
        topic = settings.topics.orders
        for step in read_between(settings, topic, ROLE, find_bounds(settings, topic, ROLE)):
            for record in step.records:
                take(record, record.partition())
    differences = found.differences(copied)
    if differences:
        raise SegstreamError(
            f"{target.new.topics.orders} is no copy of {target.old.topics.orders}: {'; '.join(differences[:3])}.",
            "Somebody else wrote to it, or it was not made by this command: take another prefix.",
            code="REPARTITION_DIFFERS",
        )
    return found
