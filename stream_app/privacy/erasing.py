"""Erases people: says whom to all workers, marks the place among the orders, and waits until they have answered."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from stream_app.contract.control import ControlRecord, Erasure, Unerasure
from stream_app.core.erasure import ERASE_HEADER, UNERASE_HEADER, ErasureKey
from stream_app.core.erasure_keys import refuse_second_key
from stream_app.core.errors import OutageError, SegstreamError, UsageError
from stream_app.core.inbound import MAX_KEY_BYTES
from stream_app.core.partitioner import partition_of
from stream_app.lookup import Lookup
from stream_app.operators import say_all, told_by, told_now
from stream_app.replay.send import Sender
from stream_app.settings import Settings
from stream_app.worker.control import read_control

POLL_SECONDS = 0.1


class Wish(NamedTuple):
    """What is asked for, of whomever it is asked."""

    is_lifting: bool = False
    """True: later orders count again; False: the person is erased."""
    why: str = ""
    by: str = ""
    """Who says it, when that is not the user of this process."""


class Marked(NamedTuple):
    """Where a marker stands: in a partition, at an offset."""

    customer_id: str
    hash: str
    partition: int
    offset: int


def mark(settings: Settings, customer_ids: Sequence[str], wish: Wish) -> list[Marked]:
    """Say it to all workers, and mark the place among the orders; return the markers.

    The control topic first: a partition that begins anew in between knows whom to leave out.
    """
    settings.require_live()
    key = required_key(settings)
    for place, customer_id in enumerate(customer_ids, 1):
        _check_id(customer_id, place)
    of_workers = {meta.erasure_key for meta in Lookup(settings).metas() if meta is not None and meta.erasure_key}
    refuse_second_key(key, of_workers, read_control(settings).erasure_keys)
    sender = Sender(settings)
    count = sender.partitions()
    say_all(settings, [_said(settings, customer_id, count, key, wish) for customer_id in customer_ids])
    header = UNERASE_HEADER if wish.is_lifting else ERASE_HEADER
    marked: list[Marked] = []

    def noting(customer_id: str) -> Callable[[int, int], None]:
        hash_ = key.hash_of(customer_id)
        return lambda partition, offset: marked.append(Marked(customer_id, hash_, partition, offset))

    for customer_id in customer_ids:
        sender.mark(customer_id, header, key.header_of(customer_id), noting(customer_id))
    sender.flush()
    return marked


def wait_answered(settings: Settings, marked: Sequence[Marked], wish: Wish, seconds: float) -> list[Marked]:
    """Return the markers that no worker has answered in this time; empty when all took effect."""
    lookup = Lookup(settings)
    deadline = time.monotonic() + seconds
    left = list(marked)
    while left:
        left = unanswered(lookup, left, wish)
        if time.monotonic() >= deadline:
            break
        if left:
            time.sleep(POLL_SECONDS)
    return left


def unanswered(lookup: Lookup, marked: Sequence[Marked], wish: Wish) -> list[Marked]:
    """Return the markers that lie at or behind where their partition stands.

    Raises SegstreamError when a worker has passed one and did not heed it.
    """
    positions = lookup.source_positions({each.partition for each in marked})
    passed = [each for each in marked if positions.get(each.partition, 0) > each.offset]
    blocks = lookup.blocks([(each.partition, each.hash) for each in passed])
    for each, block in zip(passed, blocks, strict=True):
        is_blocked = block is not None and not block.is_lifted
        if is_blocked is wish.is_lifting:
            raise SegstreamError(
                f"The marker at offset {each.offset} of partition {each.partition} was read and had no effect.",
                "Look at what came right after it: another marker, or a dead letter MARKER_INVALID.",
                code="MARKER_UNHEEDED",
            )
    return [each for each in marked if each not in passed]


def late(left: Sequence[Marked], seconds: float) -> OutageError:
    """Return what is said of markers that nobody has answered yet."""
    partitions = ", ".join(map(str, sorted({each.partition for each in left})))
    return OutageError(
        f"No worker has answered {len(left)} of the markers in {seconds:g} seconds, in partition {partitions}.",
        "They are in the log and will be answered: see `segstream partitions list` for who is paused or behind.",
        code="MARKER_WAITS",
    )


def required_key(settings: Settings) -> ErasureKey:
    """Return the erasure key; raises UsageError when there is none."""
    if settings.erasure is None:
        raise UsageError(
            "SEGSTREAM_ERASURE_KEY is not set: erased people are known by a hash under it.",
            "Give this process the key that the workers have; `openssl rand -hex 32` makes one.",
            code="ERASURE_KEY_MISSING",
        )
    return settings.erasure


def _check_id(customer_id: str, place: int) -> None:
    """Raise UsageError for what can be no customer id; the text itself is not repeated."""
    try:
        size = len(customer_id.encode())
    except UnicodeEncodeError:
        size = 0
    if not 0 < size <= MAX_KEY_BYTES or "\0" in customer_id:
        raise UsageError(
            f"Number {place} is no customer id.",
            f"An id has 1 to {MAX_KEY_BYTES} bytes of UTF-8, none of them NUL.",
            code="CUSTOMER_ID",
        )


def _said(settings: Settings, customer_id: str, partitions: int, key: ErasureKey, wish: Wish) -> ControlRecord:
    hash_, by, at = key.hash_of(customer_id), wish.by or told_by(), told_now()
    if wish.is_lifting:
        return Unerasure(hash=hash_, key=key.fingerprint, by=by, why=wish.why, at=at)
    return Erasure(
        hash=hash_,
        key=key.fingerprint,
        partition=partition_of(customer_id.encode(), partitions, settings.key_partitioner),
        partitions=partitions,
        by=by,
        why=wish.why,
        at=at,
    )
