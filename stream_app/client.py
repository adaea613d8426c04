"""Looks customers up in Redis, for programs that act on segments; of ours and of others it needs `redis` alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from redis import Redis
    from redis.asyncio import Redis as AsyncRedis

FIELDS = (
    "segment", "name", "since", "valid_until", "recency_at", "frequency", "monetary", "unique_products",
    "model_version", "sequence", "history",
)  # fmt: skip
"""What is asked for: the binary `state` stays where it is."""


@dataclass(frozen=True)
class Step:
    """One change in a customer's history; `from_segment` and `to_segment` are ids, None for no segment."""

    sequence: int
    as_of: datetime
    from_segment: str | None
    to_segment: str | None
    cause: str


@dataclass(frozen=True)
class CustomerSegment:
    """One customer as of the last evaluation. Instants are in UTC."""

    customer_id: str
    segment: str | None
    """The segment's id, which programs compare; None: lapsed, or not scored yet."""
    name: str | None
    """Its name, for people."""
    since: datetime | None
    valid_until: datetime | None
    """No change before it without a further order; None: time alone never moves them."""
    recency_at: datetime | None
    """The last purchase that counts."""
    frequency: int
    monetary: Decimal
    """Net of returns, in currency units, exact."""
    unique_products: int
    model_version: str | None
    sequence: int
    """How many changes there were so far; equal to the newest event's."""
    history: tuple[Step, ...]
    """The last 20 changes, newest first."""

    @property
    def is_lapsed(self) -> bool:
        """True when no purchase counts any more."""
        return self.recency_at is None


class Segments:
    """Customers by id, from a `redis.Redis` of any settings.

    >>> Segments(redis).get("C123").name  # doctest: +SKIP
    'Champions'
    """

    def __init__(self, redis: Redis, *, prefix: str = "") -> None:
        """`prefix` is the deployment's SEGSTREAM_REDIS_PREFIX."""
        self._redis = redis
        self._prefix = prefix

    def get(self, customer_id: str) -> CustomerSegment | None:
        """Return the customer, None when no order of theirs is known."""
        return customer_of(customer_id, self._redis.hmget(_key(self._prefix, customer_id), FIELDS))

    def get_many(self, customer_ids: Iterable[str]) -> dict[str, CustomerSegment]:
        """Return those of the customers who are known, asked for in one round trip; some hundreds at a time do well."""
        ids = list(dict.fromkeys(customer_ids))
        with self._redis.pipeline(transaction=False) as pipe:
            for customer_id in ids:
                pipe.hmget(_key(self._prefix, customer_id), FIELDS)
            return _known(ids, pipe.execute())


class AsyncSegments:
    """The same with a `redis.asyncio.Redis`."""

    def __init__(self, redis: AsyncRedis, *, prefix: str = "") -> None:
        """`prefix` is the deployment's SEGSTREAM_REDIS_PREFIX."""
        self._redis = redis
        self._prefix = prefix

    async def get(self, customer_id: str) -> CustomerSegment | None:
        """Return the customer, None when no order of theirs is known."""
        return (await self.get_many([customer_id])).get(customer_id)

    async def get_many(self, customer_ids: Iterable[str]) -> dict[str, CustomerSegment]:
        """Return those of the customers who are known, asked for in one round trip."""
        ids = list(dict.fromkeys(customer_ids))
        async with self._redis.pipeline(transaction=False) as pipe:
            for customer_id in ids:
                pipe.hmget(_key(self._prefix, customer_id), FIELDS)
            return _known(ids, await pipe.execute())


def _key(prefix: str, customer_id: str) -> str:
    return f"{prefix}customer:{customer_id}"


def _known(ids: list[str], answers: Sequence[Sequence[bytes | str | None]]) -> dict[str, CustomerSegment]:
    found = zip(ids, map(customer_of, ids, answers), strict=True)
    return {customer_id: customer for customer_id, customer in found if customer is not None}


def customer_of(customer_id: str, values: Sequence[bytes | str | None]) -> CustomerSegment | None:
    """Return what Redis' values of FIELDS say, as bytes or as text; None when there is no such hash."""
    if all(value is None for value in values):
        return None
    texts = [value.decode() if isinstance(value, bytes) else value or "" for value in values]
    said = dict(zip(FIELDS, texts, strict=True))
    return CustomerSegment(
        customer_id=customer_id,
        segment=said["segment"] or None,
        name=said["name"] or None,
        since=_instant(said["since"]),
        valid_until=_instant(said["valid_until"]),
        recency_at=_instant(said["recency_at"]),
        frequency=int(said["frequency"] or 0),
        monetary=Decimal(said["monetary"] or 0),
        unique_products=int(said["unique_products"] or 0),
        model_version=said["model_version"] or None,
        sequence=int(said["sequence"] or 0),
        history=tuple(map(_step, json.loads(said["history"] or "[]"))),
    )


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _step(fields: dict[str, Any]) -> Step:
    as_of = datetime.fromisoformat(fields["as_of"]).astimezone(UTC)
    return Step(fields["sequence"], as_of, fields["from"] or None, fields["to"] or None, fields["cause"])
