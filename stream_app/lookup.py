"""Reads what Redis holds: one customer, the partitions, the sizes of segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import redis
from msgspec import MsgspecError, Struct

from stream_app.contract.order import MONEY_SCALE
from stream_app.core.customer import Customer
from stream_app.core.erasure import Block, decode_block
from stream_app.core.errors import OutageError, SegstreamError
from stream_app.core.features import Features
from stream_app.core.instants import NO_CLOCK, rfc3339
from stream_app.core.partitioner import partition_of
from stream_app.core.rfm import RfmState
from stream_app.core.rules import Rules
from stream_app.core.state_record import decode_customer
from stream_app.settings import Settings
from stream_app.worker.meta import Meta, decode_meta
from stream_app.worker.redis_rights import denial_of
from stream_app.worker.store import connect

PROBED = 64
"""A partition in which nothing ever happened has no meta record: one of so many has one."""


@dataclass(frozen=True)
class PartitionStatus:
    """One partition as Redis knows it."""

    partition: int
    source_position: int
    position: int
    customers: int
    clock: int
    paused: str
    is_switching: bool = False
    """Its customers are going over to another model, or to a namespace's states."""


class HeldOrder(Struct, frozen=True):
    """One of a customer's orders, as people read it."""

    order_id: str
    ordered_at: str
    is_return: bool
    amount: float
    """Currency units."""
    products: int


class Lookup:
    """A reader of one deployment's Redis."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        """`options` change those of the Redis client."""
        self._settings = settings
        self._redis = connect(settings, **options)
        self.address = settings.redis_address

    def customer(self, customer_id: str) -> Customer | None:
        """Return a customer, None when unknown."""
        record = self.record(customer_id)
        return None if record is None else decode_customer(record)

    def record(self, customer_id: str) -> bytes | None:
        """Return a customer's state record, None when unknown."""
        return self._get(f"{self._settings.redis_prefix}customer:{customer_id}", "state")

    def fields(self, customer_id: str) -> dict[str, str]:
        """Return the fields of a customer's hash that people can read."""
        (found,) = self.ask(lambda pipe: [pipe.hgetall(f"{self._settings.redis_prefix}customer:{customer_id}")])
        return {name.decode(): value.decode() for name, value in found.items() if name != b"state"}

    def segment_ids(self, partitions: int) -> set[str]:
        """Return the ids of all segments that ever had somebody."""
        names = self.ask(lambda pipe: [pipe.hkeys(self._of(partition)) for partition in range(partitions)])
        return {name.decode().removeprefix("index:") for each in names for name in each if name.startswith(b"index:")}

    def places(self, customer_id: str, partitions: int, segments: set[str]) -> dict[str, float]:
        """Return the indexes that list a customer, each with the score; an infinite one: never."""
        prefix, topic = self._settings.redis_prefix, self._settings.topics.orders
        keys = [f"{prefix}due:{topic}:{partition}" for partition in range(partitions)]
        keys += [f"{prefix}segment:{one}:customers:{p}" for one in sorted(segments) for p in range(partitions)]
        scores = self.ask(lambda pipe: [pipe.zscore(key, customer_id) for key in keys])
        return {key: score for key, score in zip(keys, scores, strict=True) if score is not None}

    def source_positions(self, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offset of the next order of each of these partitions that a worker has taken up."""
        wanted = sorted(partitions)
        found = self.ask(lambda pipe: [pipe.hget(self._of(partition), "source_position") for partition in wanted])
        return {partition: int(position) for partition, position in zip(wanted, found, strict=True) if position}

    def blocks(self, wanted: Sequence[tuple[int, str]]) -> list[Block | None]:
        """Return the entries of the block lists of partitions by hash."""
        key = f"{self._settings.redis_prefix}blocked:{self._settings.topics.orders}"
        found = self.ask(lambda pipe: [pipe.hget(f"{key}:{partition}", hash_) for partition, hash_ in wanted])
        return [None if record is None else decode_block(record) for record in found]

    def partition_count(self) -> int:
        """Return how many partitions the orders topic has, by what any of the first says; 0 before a worker ran."""
        some = self._some_meta()
        return 0 if some is None else some.identity.partitions

    def _some_meta(self) -> Meta | None:
        return next(filter(None, self._first_metas(PROBED)), None)

    def _first_metas(self, count: int) -> Iterator[Meta | None]:
        records = self.ask(lambda pipe: [pipe.hget(self._of(partition), "meta") for partition in range(count)])
        return (decode_meta(record) if record else None for record in records)

    def _of(self, partition: int) -> str:
        return f"{self._settings.redis_prefix}partition:{self._settings.topics.orders}:{partition}"

    def rules_of(self, customer_id: str, adopted: int, model_version: str) -> tuple[Rules, int]:
        """Return by what a customer is counted, and the clock of their partition.

        `adopted`, `model_version`: the swap that last took the customer over, and the model that scored them.

        It is NO_CLOCK where the shop's producers choose the partition in a way of their own.
        """
        some = self._some_meta()
        if some is None:
            return self._settings.rules(partitions=1), NO_CLOCK
        partitions = some.identity.partitions
        partition = partition_of(customer_id.encode(), partitions, self._settings.key_partitioner)
        raw = None if partition is None else self._get(self._of(partition), "meta")
        own = decode_meta(raw) if raw else None
        # The window is the partition's own, whatever the settings say.
        window_days = (own or some).window_days_of(adopted, model_version)
        rules = replace(self._settings.rules(partitions), window_days=window_days)
        return rules, NO_CLOCK if own is None else own.clock

    def ask(self, questions: Callable[[redis.client.Pipeline], object], *, is_atomic: bool = False) -> list[Any]:
        """Send many questions at once and return the answers, atomic ones of one moment.

        Raises OutageError when Redis does not answer.
        """
        try:
            with self._redis.pipeline(transaction=is_atomic) as pipe:
                questions(pipe)
                return pipe.execute()
        except redis.RedisError as error:
            raise redis_away(self._settings, error) from error

    def close(self) -> None:
        """Leave Redis."""
        self._redis.close()

    def sizes(self, segment_ids: list[str], partitions: int) -> dict[str, int]:
        """Return how many customers each segment has."""
        prefix = self._settings.redis_prefix
        keys = [f"{prefix}segment:{one}:customers:{p}" for one in segment_ids for p in range(partitions)]
        counts = self.ask(lambda pipe: [pipe.zcard(key) for key in keys])
        return {
            segment_id: sum(counts[at * partitions : (at + 1) * partitions])
            for at, segment_id in enumerate(segment_ids)
        }

    def partitions(self, count: int) -> list[PartitionStatus]:
        """Return every partition that a worker has claimed."""
        names = ("meta", "position", "claim")
        rows = self.ask(lambda pipe: [pipe.hmget(self._of(partition), names) for partition in range(count)])
        found = []
        for partition, (raw, position, claim) in enumerate(rows):
            if raw:
                found.append(_status(partition, decode_meta(raw), int(position or 0)))
            elif claim:
                found.append(PartitionStatus(partition, 0, 0, 0, NO_CLOCK, ""))
        return found

    def metas(self) -> list[Meta | None]:
        """Return the meta record of every partition, None where nothing was written yet."""
        return list(self._first_metas(self.partition_count()))

    def windows(self) -> list[int | None]:
        """Return the window in days by which each partition counts in which anything was counted yet."""
        return [meta.identity.window_days for meta in self.metas() if meta is not None]

    def due_backlog(self, count: int) -> int:
        """Return how many customers' timers lie behind their partition's clock and have not fired yet."""
        key = f"{self._settings.redis_prefix}due:{self._settings.topics.orders}"
        clocks = {status.partition: status.clock for status in self.partitions(count)}
        counts: list[int] = self.ask(
            lambda pipe: [pipe.zcount(f"{key}:{partition}", "-inf", str(clock)) for partition, clock in clocks.items()]
        )
        return sum(counts)

    def customers_of(self, partition: int, size: int) -> Iterator[list[bytes]]:
        """Yield a partition's customers in slices of about `size`; one who moves meanwhile may come twice."""
        key = f"{self._settings.redis_prefix}due:{self._settings.topics.orders}:{partition}"
        cursor = 0
        while True:
            try:
                cursor, found = cast(tuple[int, list[tuple[bytes, float]]], self._redis.zscan(key, cursor, count=size))
            except redis.RedisError as error:
                raise redis_away(self._settings, error) from error
            yield [customer_id for customer_id, _ in found]
            if cursor == 0:
                return

    def states(self, customers: list[bytes]) -> list[bytes | None]:
        """Return the state records of customers; None for one who is gone."""
        prefix = f"{self._settings.redis_prefix}customer:".encode()
        return self.ask(lambda pipe: [pipe.hget(prefix + customer_id, "state") for customer_id in customers])

    def _get(self, key: str, field: str) -> bytes | None:
        try:
            return cast(bytes | None, self._redis.hget(key, field))
        except redis.RedisError as error:
            raise redis_away(self._settings, error) from error


def counted_windows(settings: Settings) -> list[int | None]:
    """Return by which windows the partitions count; none where nothing was counted, or Redis cannot be asked.

    Whoever trains need not reach Redis, and whoever promotes need not read records of another release: then what was
    said must do.
    """
    try:
        lookup = Lookup(settings, retry=None)
        try:
            return lookup.windows()
        finally:
            lookup.close()
    except (SegstreamError, MsgspecError):
        return []


def _status(partition: int, meta: Meta, position: int) -> PartitionStatus:
    is_switching = meta.switch is not None or meta.adoption is not None
    return PartitionStatus(
        partition, meta.source_position, position, meta.customers, meta.clock, meta.paused, is_switching
    )


def redis_away(settings: Settings, error: redis.RedisError) -> SegstreamError:
    """Return what a reader says of a Redis that does not answer, or does not allow it to ask."""
    if (denial := denial_of(settings, error)) is not None:
        return denial
    return OutageError(
        f"Redis does not answer at {settings.redis_address} ({type(error).__name__}).",
        "Name it in REDIS_URL, start one with `segstream local`, or ask `segstream doctor`.",
        code="REDIS_AWAY",
    )


def features_at(customer: Customer, as_of: int, window: int | None) -> Features | None:
    """Return the customer's features at an instant, computed from the stored orders.

    An order that left the window before the state's own instant is forgotten, so an earlier
    instant has no answer.
    """
    if as_of < customer.rfm.as_of:
        raise SegstreamError(
            f"The state stands at {rfc3339(customer.rfm.as_of)}: what came before it may be forgotten.",
            "Give a later --as-of.",
        )
    rfm = customer.rfm
    rfm.advance(as_of, window)
    return rfm.features(as_of)


def recent_orders(rfm: RfmState, most: int) -> list[HeldOrder]:
    """Return the newest held orders, newest first."""
    return [_held_order(rfm, order_id) for order_id in rfm.held.newest_ids(most)]


def _held_order(rfm: RfmState, order_id: str) -> HeldOrder:
    entry = rfm.held.get(order_id)
    return HeldOrder(
        order_id, rfc3339(entry.ordered_at), entry.is_return, entry.amount / MONEY_SCALE, len(entry.products)
    )
