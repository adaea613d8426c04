"""Reads what Redis holds: one customer, the partitions, the sizes of segments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import redis
from msgspec import Struct

from stream_app.contract.order import MONEY_SCALE
from stream_app.core.customer import Customer
from stream_app.core.errors import OutageError, SegstreamError
from stream_app.core.features import Features
from stream_app.core.instants import NO_CLOCK, rfc3339
from stream_app.core.rfm import RfmState
from stream_app.core.state_record import decode_customer
from stream_app.settings import Settings
from stream_app.worker.meta import Meta, decode_meta
from stream_app.worker.store import connect


@dataclass(frozen=True)
class PartitionStatus:
    """One partition as Redis knows it."""

    partition: int
    source_position: int
    position: int
    customers: int
    clock: int
    paused: str


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

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redis = connect(settings)
        self.address = settings.redis_address

    def customer(self, customer_id: str) -> Customer | None:
        """Return a customer, None when unknown."""
        record = self._get(f"customer:{customer_id}", "state")
        return None if record is None else decode_customer(record)

    def sizes(self, segment_ids: list[str], partitions: int) -> dict[str, int]:
        """Return how many customers each segment has."""
        prefix = self._settings.redis_prefix
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for segment_id in segment_ids:
                    for partition in range(partitions):
                        pipe.zcard(f"{prefix}segment:{segment_id}:customers:{partition}")
                counts = cast(list[int], pipe.execute())
        except redis.RedisError as error:
            raise redis_away(self._settings, error) from error
        return {
            segment_id: sum(counts[at * partitions : (at + 1) * partitions])
            for at, segment_id in enumerate(segment_ids)
        }

    def partitions(self, count: int) -> list[PartitionStatus]:
        """Return every partition that a worker has claimed."""
        found = []
        for partition in range(count):
            key = f"partition:{self._settings.topics.orders}:{partition}"
            raw, position = self._get(key, "meta"), self._get(key, "position")
            if raw:
                found.append(_status(partition, decode_meta(raw), int(position or 0)))
            elif self._get(key, "claim"):
                found.append(PartitionStatus(partition, 0, 0, 0, NO_CLOCK, ""))
        return found

    def due_backlog(self, count: int) -> int:
        """Return how many customers' timers lie behind their partition's clock and have not fired yet."""
        key = f"{self._settings.redis_prefix}due:{self._settings.topics.orders}"
        try:
            counts: list[int] = [
                self._redis.zcount(f"{key}:{status.partition}", "-inf", str(status.clock))
                for status in self.partitions(count)
            ]
        except redis.RedisError as error:
            raise redis_away(self._settings, error) from error
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
        try:
            with self._redis.pipeline(transaction=False) as pipe:
                for customer_id in customers:
                    pipe.hget(prefix + customer_id, "state")
                return cast(list[bytes | None], pipe.execute())
        except redis.RedisError as error:
            raise redis_away(self._settings, error) from error

    def _get(self, key: str, field: str) -> bytes | None:
        try:
            return cast(bytes | None, self._redis.hget(f"{self._settings.redis_prefix}{key}", field))
        except redis.RedisError as error:
            raise redis_away(self._settings, error) from error


def _status(partition: int, meta: Meta, position: int) -> PartitionStatus:
    return PartitionStatus(partition, meta.source_position, position, meta.customers, meta.clock, meta.paused)


def redis_away(settings: Settings, error: redis.RedisError) -> OutageError:
    """Return what a reader says of a Redis that does not answer."""
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
