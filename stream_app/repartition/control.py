"""Carries into the new control topic what holds there too: the models' promotions, and who is erased."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from stream_app.contract.control import (
    ControlRecord,
    Erasure,
    Moved,
    Promotion,
    Resume,
    Unerasure,
    WindowSwap,
    decode_control,
)
from stream_app.core.errors import SegstreamError
from stream_app.operators import say_all, told_by, told_now
from stream_app.repartition.target import Target
from stream_app.settings import Settings
from stream_app.topic_log import find_bounds, read_between

ROLE = "repartition"
NO_PARTITION = -1
EPOCH = "1970-01-01T00:00:00Z"


def carry_control(target: Target) -> int:
    """Say in the new control topic what was said in the old one and is not there yet; return where it ends.

    Each record has the offset that it had: customers' states know a swap by it.
    """
    wanted = [meant(record) for record in _said(target.old)]
    have = list(_said(target.new))
    if have != wanted[: len(have)]:
        raise SegstreamError(
            f"{target.new.topics.control} says other things than {target.old.topics.control}.",
            "Nobody may work with the new topics before the states are there: take another prefix.",
            code="REPARTITION_MIXED",
        )
    say_all(target.new, wanted[len(have) :])
    return len(wanted)


def meant(record: ControlRecord | None) -> ControlRecord:
    """Return what a record means in the new topics: what was said of partitions and offsets means nothing there."""
    if isinstance(record, Promotion | Erasure | Unerasure):
        return record
    if isinstance(record, WindowSwap):
        # Which window and which model count is still so; nobody takes anything over by it.
        return replace(record, barriers=[], clocks=[])
    why = "It concerned the partitions before the move."
    return Resume(partition=NO_PARTITION, by="" if record is None else record.by, why=why, at=EPOCH)


def say_moved(target: Target) -> None:
    """Let no worker begin with the old topics again."""
    if moved_to(target.old) is None:
        say_all(target.old, [Moved(prefix=target.new.topic_prefix, by=told_by(), at=told_now())])


def moved_to(settings: Settings) -> str | None:
    """Return the prefix of the topics with which a deployment goes on, None when it goes on with its own."""
    return next((record.prefix for record in _said(settings) if isinstance(record, Moved)), None)


def _said(settings: Settings) -> Iterator[ControlRecord | None]:
    """Yield every record; None: one that nobody understands, which is passed over."""
    topic = settings.topics.control
    for step in read_between(settings, topic, ROLE, find_bounds(settings, topic, ROLE)):
        for record in step.records:
            try:
                yield decode_control(record.value() or b"")
            except (msgspec.MsgspecError, ValueError):
                yield None
