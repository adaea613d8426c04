"""What Redis shows of a deployment: where its partitions stand, who is due, and everything that is held."""

from __future__ import annotations

import json

from redis import Redis
from redis.exceptions import RedisError

from stream_app.settings import Settings
from stream_app.worker.meta import Meta, decode_meta


class Shown:
    """Reads the keys of a deployment with so many partitions."""

    def __init__(self, settings: Settings, redis: Redis, partitions: int) -> None:
        self._redis = redis
        self._prefix = settings.redis_prefix
        self._topic = settings.topics.orders
        self._partitions = partitions

    def clocks(self) -> list[int]:
        """Return the clocks of all partitions, as Redis shows them."""
        return [clock for _, _, clock in self.standings()]

    def meta(self, partition: int) -> Meta | None:
        """Return a partition's meta record as Redis shows it."""
        record = self._redis.hget(self.key("partition", partition), "meta")
        return decode_meta(record) if record else None

    def is_switching(self) -> bool:
        """Tell whether some partition's customers are going over to another model."""
        metas = (self.meta(partition) for partition in range(self._partitions))
        return any(meta and meta.switch is not None for meta in metas)

    def is_done(self, partition: int, end: int) -> bool:
        """Tell whether a partition stands at an end of its log, with nobody due at its clock."""
        position, customers, clock = self.standing(partition)
        return position == end and customers >= 0 and self.is_idle(partition, clock)

    def is_idle(self, partition: int, clock: int) -> bool:
        """Tell whether nobody is due at a clock."""
        return self.due_at(partition, clock) == 0

    def backlog(self) -> int:
        """Return how many customers Redis lists as due at the clocks that it shows."""
        return sum(self.due_at(partition, clock) for partition, clock in enumerate(self.clocks()))

    def due_at(self, partition: int, clock: int) -> int:
        """Return how many customers are due at a clock."""
        return int(self._redis.zcount(self.key("due", partition), "-inf", clock))

    def positions(self) -> list[int]:
        """Return where Redis shows each partition to be."""
        return [position for position, _, _ in self.standings()]

    def standings(self) -> list[tuple[int, int, int]]:
        """Return `standing` of all partitions, nothing while Redis does not answer."""
        try:
            return [self.standing(partition) for partition in range(self._partitions)]
        except RedisError:
            return []

    def standing(self, partition: int) -> tuple[int, int, int]:
        """Return a partition's position, number of customers and clock; -1 where it has none."""
        names = ("source_position", "customers", "meta")
        position, customers, meta = self._redis.hmget(self.key("partition", partition), names)
        return int(position or -1), int(customers or -1), json.loads(meta)["clock"] if meta else -1

    def key(self, kind: str, partition: int) -> str:
        """Return the key of a partition's hash or index."""
        return f"{self._prefix}{kind}:{self._topic}:{partition}"

    def progress(self) -> int:
        """Return how many orders are behind us, by what Redis shows."""
        return sum(max(0, position) for position, _, _ in self.standings())

    def hashes(self, kind: str) -> dict[str, dict[bytes, bytes]]:
        """Return all hashes whose keys begin so, by the rest of the key."""
        start = f"{self._prefix}{kind}"
        keys = list(self._redis.scan_iter(f"{start}*", 1_000))
        return {key.decode().removeprefix(start): self._redis.hgetall(key) for key in keys}

    def scores(self, pattern: str) -> dict[str, float]:
        """Return the members of all indexes whose keys fit, with their scores."""
        keys = list(self._redis.scan_iter(f"{self._prefix}{pattern}", 1_000))
        return {name.decode(): score for key in keys for name, score in self._redis.zrange(key, 0, -1, withscores=True)}
