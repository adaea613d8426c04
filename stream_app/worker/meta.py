"""The meta record: a partition's own record in the changelog, the last of every transaction that writes there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import msgspec
from msgspec import UNSET, Struct, UnsetType

from stream_app.core.breaker import Breaker
from stream_app.core.clock import Clock
from stream_app.core.erasure import Block, decode_block, encode_block
from stream_app.core.errors import StopError
from stream_app.core.outcome import Progress
from stream_app.core.state_layout import READABLE, STATE_FORMAT
from stream_app.core.state_record import of_another_release
from stream_app.core.statistics import DAY_PREFIX, TOTALS

META_KEY = b"\0meta"
"""No customer id holds a NUL, so no customer's record can be taken for it."""


def figures_key(name: str) -> bytes:
    """Return the changelog's key of a record of the figures."""
    return b"\0" + name.encode()


def figures_name(key: bytes) -> str | None:
    """Return which record of the figures has this key, None when it is not one."""
    name = key[1:].decode(errors="replace") if key.startswith(b"\0") else ""
    return name if name == TOTALS or name.startswith(DAY_PREFIX) else None


BLOCK_PREFIX = b"\0blocked:"
"""With the keyed hash behind it: the key of an entry of the block list."""


def block_record(hash_: str, block: Block | None) -> tuple[bytes, bytes | None]:
    """Return an entry of the block list as a record of the changelog; None: the entry is gone."""
    return BLOCK_PREFIX + hash_.encode(), None if block is None else encode_block(block)


def block_of(key: bytes, value: bytes | None) -> tuple[str, Block | None] | None:
    """Return the entry of the block list that a record holds, None when it is another record."""
    if not key.startswith(BLOCK_PREFIX):
        return None
    return key.removeprefix(BLOCK_PREFIX).decode(), None if value is None else decode_block(value)


class Identity(Struct, frozen=True):
    """By what the numbers below were counted: another value means that they mislead.

    Only the window is the partition's own, and changes with a swap; the others must not under a running deployment.
    """

    format: int
    cluster_id: str
    orders_topic_id: str
    state_topic_id: str
    partitions: int
    window_days: int | None
    currency: str


class SwitchProgress(Struct, frozen=True):
    """How far a switch to `Meta.model_version` has come."""

    old_version: str
    instant: int
    is_quiet: bool
    walked_due: str
    walked_id: str
    is_patient: bool = False
    old_window_days: int | UnsetType | None = UNSET
    """The window of whoever has not gone over; unset, from a release before: the same as after it."""


class AdoptionProgress(Struct, frozen=True):
    """How far a partition has taken over a namespace's states."""

    namespace: str
    barrier: int
    id: int
    instant: int
    is_quiet: bool
    is_patient: bool
    is_silent: bool
    is_beyond: bool
    walked_due: str
    walked_id: str
    old_version: str = ""
    """The model of whoever has not gone over; empty, from a release before: the same as after it, and the window."""
    old_window_days: int | None = None
    format: int = 0
    """In which everybody's state is written once all have gone over; 0, from a release before: as before."""


class Meta(Struct, frozen=True, kw_only=True):
    """How far a partition has come, as of the transaction that holds this record."""

    identity: Identity
    source_position: int
    control_position: int
    clock: int
    has_history: bool
    advances: list[tuple[int, int]]
    model_version: str
    customers: int
    read: int
    in_a_row: int
    ages: list[int]
    paused: str = ""
    clock_mode: str = ""
    """SEGSTREAM_CLOCK of the worker that wrote it; nothing computes with it."""
    switch: SwitchProgress | None = None
    adoption: AdoptionProgress | None = None
    swapped: int = 0
    """The id of the last swap that began here; 0: there was none."""
    given_up: int = 0
    """The id of the last swap that was given up here; 0: none was."""
    owing: tuple[str, str] | None = None
    """The place in the due index before which nobody is owed an event of the last switch; None: nobody at all."""
    figures_since: str | None = None
    """`Figures.since`; None: a version without figures wrote this, so the totals miss what it did."""
    blocked: int = 0
    """How many entries the block list has."""
    erasure_key: str = ""
    """The fingerprint of the key that the worker had, under which they were hashed; empty: it had none."""
    unclean_since: int = 0
    """Milliseconds since 1970: when the last erasure was whose traces may be in the changelog; 0: there is none."""
    oldest_format: int = 0
    """The oldest format that a customer's state may have; 0, from a release before: that of the identity."""

    @property
    def is_half_swapped(self) -> bool:
        """True when the last swap was given up: some customers are of the other count, and some are not."""
        return self.given_up != 0 and self.given_up == self.swapped

    def window_days_of(self, adopted: int, model_version: str) -> int | None:
        """Return the window by which a customer is counted whom this swap last took over, and this model scored."""
        under_way, switch = self.adoption, self.switch
        if under_way is not None and under_way.old_version and under_way.id != adopted:
            return under_way.old_window_days
        if switch is not None and switch.old_version == model_version and switch.old_window_days is not UNSET:
            return switch.old_window_days
        return self.identity.window_days


def half_swapped(metas: Iterable[Meta | None]) -> list[int]:
    """Return the partitions whose customers are of two counts since a swap was given up."""
    return [partition for partition, meta in enumerate(metas) if meta is not None and meta.is_half_swapped]


encode_meta = msgspec.json.Encoder().encode
decode_meta = msgspec.json.Decoder(Meta).decode


def meta_of(
    progress: Progress, identity: Identity, *, control_position: int, model_version: str,
    switch: SwitchProgress | None, adoption: AdoptionProgress | None, swapped: int, given_up: int = 0,
    owing: tuple[str, str] | None, paused: str, clock_mode: str, figures_since: str, unclean_since: int = 0,
    erasure_key: str = "", oldest_format: int = STATE_FORMAT,
) -> Meta:  # fmt: skip
    """Return the record that brings a partition back to where it is."""
    return Meta(
        identity=identity,
        source_position=progress.source_position,
        control_position=control_position,
        clock=progress.clock.instant,
        has_history=progress.clock.has_history,
        advances=progress.clock.advances,
        model_version=model_version,
        customers=progress.customers,
        read=progress.breaker.read,
        in_a_row=progress.breaker.in_a_row,
        ages=progress.breaker.ages(),
        paused=paused,
        switch=switch,
        adoption=adoption,
        swapped=swapped,
        given_up=given_up,
        owing=owing,
        clock_mode=clock_mode,
        figures_since=figures_since,
        blocked=len(progress.blocks),
        erasure_key=erasure_key,
        unclean_since=unclean_since,
        oldest_format=oldest_format,
    )


class _Window(Struct):
    window_days: int | None


class _Counted(Struct):
    identity: _Window


_decode_counted = msgspec.json.Decoder(_Counted).decode


def windows_in(metas: Iterable[object]) -> list[int | None]:
    """Return by which windows partitions count that wrote meta records, of whatever release.

    What is none says nothing: an empty one of a claim before the first record, or one that a takeover will mend.
    """
    found = []
    for meta in metas:
        if isinstance(meta, bytes):
            with suppress(msgspec.MsgspecError):
                found.append(_decode_counted(meta).identity.window_days)
    return found


def progress_of(meta: Meta, partition: int) -> Progress:
    """Return the progress a meta record describes."""
    return Progress(
        partition=partition,
        source_position=meta.source_position,
        clock=Clock(meta.clock, has_history=meta.has_history, advances=list(meta.advances)),
        breaker=Breaker(meta.read, meta.in_a_row, meta.ages),
        customers=meta.customers,
    )


_CODES = {
    "cluster_id": "OTHER_CLUSTER",
    "orders_topic_id": "TOPIC_RECREATED",
    "state_topic_id": "TOPIC_RECREATED",
    "partitions": "PARTITION_COUNT",
    "currency": "CURRENCY_CHANGED",
}


def formats_of(meta: Meta) -> tuple[int, int]:
    """Return the oldest and the newest format that a customer's state may have."""
    return meta.oldest_format or meta.identity.format, meta.identity.format


def check_formats(meta: Meta) -> None:
    """Raise StopError when a partition may hold states that this release does not read."""
    for format_ in formats_of(meta):
        if format_ not in READABLE:
            raise of_another_release(format_)


def check_identity(stored: Identity, found: Identity) -> None:
    """Raise StopError when the state was written for another log or under other rules; see also `check_formats`."""
    for name, code in _CODES.items():
        was, is_now = getattr(stored, name), getattr(found, name)
        if was != is_now:
            raise StopError(
                f"The state was written with {name} {was}, and now it is {is_now}.",
                "Put it back as it was, or rebuild into a new deployment with other prefixes.",
                code=code,
            )


def identity_of(
    cluster_id: str, orders_topic_id: str, state_topic_id: str, partitions: int, window_days: int | None, currency: str
) -> Identity:
    """Return the identity of what this worker sees."""
    return Identity(STATE_FORMAT, cluster_id, orders_topic_id, state_topic_id, partitions, window_days, currency)
