"""Which erasure key a deployment has: by another one nobody could tell from a hash whose orders to drop."""

from __future__ import annotations

from collections.abc import Collection

from stream_app.core.erasure import ErasureKey
from stream_app.core.errors import SegstreamError, StopError


def refuse_blocks_of_other_key(partition: int, said: str, own: ErasureKey | None, heard: Collection[str]) -> None:
    """Raise StopError when people are on the partition's block list whom our key did not put there.

    `said` is the fingerprint in the partition's state; empty, from a release that did not write it down. Then operators
    must have erased somebody by ours: `heard` are the fingerprints that they named in the control topic.
    """
    fingerprint = "" if own is None else own.fingerprint
    if fingerprint in ({said} if said else heard):
        return
    key = said or " or ".join(sorted(heard)) or "of somebody"
    raise StopError(
        f"People of partition {partition} were erased by the key {key}, and "
        f"SEGSTREAM_ERASURE_KEY is {'not set' if own is None else 'another one'}.",
        "Set it to the key that `segstream erase` was run with.",
        code="ERASURE_KEY",
    )


def refuse_second_key(own: ErasureKey, of_workers: Collection[str], heard: Collection[str]) -> None:
    """Raise SegstreamError when people are about to be erased by a key that no worker has, or could have.

    What workers wrote into their state decides, whether anybody was erased or not: `heard` somebody else may have
    written. Only where no worker has said one yet, it is what earlier erasures were made with.
    """
    if own.fingerprint in of_workers:
        return
    if of_workers:
        raise SegstreamError(
            "No worker has this SEGSTREAM_ERASURE_KEY: their partitions would stand still at the marker.",
            "Use that of the workers: the key of a deployment never changes. One that they were given a moment ago"
            " counts from their next order on.",
            code="ERASURE_KEY",
        )
    if heard and own.fingerprint not in heard:
        raise SegstreamError(
            "Earlier erasures were made with another SEGSTREAM_ERASURE_KEY, and no worker has this one.",
            "Use that of the workers: the key of a deployment never changes.",
            code="ERASURE_KEY",
        )
