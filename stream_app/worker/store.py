"""Redis as the store of a partition: every read and write is one script that first checks the claim."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from math import inf
from typing import Any, NamedTuple, cast

import redis
from redis.commands.core import Script

from stream_app import metrics
from stream_app.core.erasure import Block, decode_block
from stream_app.core.errors import OutageError, StopError
from stream_app.settings import Settings
from stream_app.worker.meta import windows_in
from stream_app.worker.place import Place
from stream_app.worker.plaintext import refuse_plaintext_redis
from stream_app.worker.redis_rights import denial_of, refuse_missing_commands
from stream_app.worker.rows import Erasures, Figure, Row, packed

RESTORE_SLICE = 500
SCRUB_SLICE = 1_000
WIPE_SLICE = 2_000
FIGURES_SLICE = 200
BLOCKED_SLICE = 1_000
NO_ERASURES = Erasures()


class PartitionLost(Exception):
    """Redis does not hold what this worker believes: take the partition over again."""

    def __init__(self, partition: int, reason: str) -> None:
        super().__init__(f"partition {partition}: {reason}")
        self.partition = partition
        self.is_damaged = reason == "DAMAGED"
        """True when the partition's keys contradict each other: wipe them and rebuild."""


class Held(NamedTuple):
    """What Redis holds of a partition at the moment it was claimed."""

    position: int
    meta: bytes | None
    applied_at_ms: int
    customers: int
    """The size of the due index, which lists everybody."""
    is_restoring: bool
    """True when an earlier restore ended half way: going on from `position` is enough."""


class Checked(NamedTuple):
    """What a look at a partition between two chunks found."""

    next_rank: int
    """Where the next look begins."""
    due: int
    """Customers whose boundary lies at or before the clock and has not fired, as far as Redis knows."""
    first_due: float
    """The earliest boundary of all, in microseconds; infinity when time moves nobody."""
    shown: Sequence[Sequence[bytes | None]] = ()
    """Of the customers asked for: segment, last purchase, frequency, monetary, unique products."""


UNCHECKED = Checked(next_rank=0, due=0, first_due=inf)


class Mark(NamedTuple):
    """What Redis says of a partition between two chunks."""

    position: int
    customers: int


NOWHERE = Mark(0, 0)


@dataclass
class Lease:
    """This worker's right to a partition: the claim, and what Redis must still say for it to hold."""

    partition: int
    claim: str
    mark: Mark = NOWHERE
    """Replaced in one step by the thread that writes; nothing is read from Redis meanwhile."""
    blocked: int = 0
    """How many entries Redis' block list has."""

    def fence(self) -> tuple[str | int, ...]:
        """Return what a script compares before it reads."""
        return (self.claim, *self.mark)


class Store:
    """Talks to Redis for one deployment; raises OutageError when Redis is away, PartitionLost when a fence refuses."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._redis = connect(settings)
        self._prefix = settings.redis_prefix
        self._topic = settings.topics.orders
        self._claim = self.script("claim")
        self._load = self.script("load")
        self._walk = self.script("walk")
        self._apply = self.script("apply")
        self._check = self.script("check")
        self._wipe = self.script("wipe")
        self._figures = self.script("figures")
        self._blocked = self.script("blocked")

    def script(self, name: str) -> Script:
        """Return one of our scripts, ready to be asked."""
        return self._redis.register_script(self.source(name))

    def source(self, name: str) -> str:
        """Return a script's text."""
        return (files("stream_app.worker") / "lua" / f"{name}.lua").read_text()

    def _keys(self, partition: int) -> list[str]:
        return [f"{self._prefix}{kind}:{self._topic}:{partition}" for kind in ("partition", "due", "blocked")]

    @property
    def _customer(self) -> str:
        return f"{self._prefix}customer:"

    @property
    def _segment(self) -> str:
        return f"{self._prefix}segment:"

    def _figure_keys(self, partition: int) -> tuple[str, str]:
        """Return what stands before and behind the name of a record of the figures."""
        return self._prefix, f":{partition}"

    def claim(self, lease: Lease) -> Held:
        """Take the right to write the partition's keys; any earlier claim is void from now on."""
        status, *held = self._run(self._claim, lease, lease.claim)
        if status != b"OK":
            raise PartitionLost(lease.partition, "DAMAGED")
        position, meta, applied_at_ms, said, customers = held
        return Held(int(position), meta, int(applied_at_ms or 0), customers, said == b"-1")

    def load(
        self, lease: Lease, ids: Sequence[str], *, due_until: int, due_budget: int
    ) -> tuple[list[bytes | None], list[str]]:
        """Return the state records of `ids`, and up to `due_budget` customers due at `due_until`, earliest first."""
        status, *found = self._run(self._load, lease, *lease.fence(), self._customer, due_until, due_budget, *ids)
        if status != b"OK":
            raise PartitionLost(lease.partition, status.decode())
        states, due = found
        return states, [customer_id.decode() for customer_id in due]

    def walk(self, lease: Lease, place: Place, size: int) -> list[Place]:
        """Return the places of the customers that follow one in the due index."""
        status, *found = self._run(self._walk, lease, *lease.fence(), *place, size)
        if status != b"OK":
            raise PartitionLost(lease.partition, status.decode())
        told = [each.decode() for each in found[0]]
        return [Place(due, customer_id) for customer_id, due in zip(told[::2], told[1::2], strict=True)]

    def apply(
        self, lease: Lease, rows: Sequence[Row], *, position: int, source_position: int, meta: bytes,
        customers: int, figures: Sequence[Figure] = (), erasures: Erasures = NO_ERASURES, blocked: int = 0,
        is_rebuild: bool = False,
    ) -> None:  # fmt: skip
        """Write committed states and figures, take out who was erased and move the position, all or none."""
        values: list[Any] = [
            lease.claim, lease.mark.position, position, source_position, meta, customers, int(time.time() * 1_000),
            self._customer, self._segment, f":customers:{lease.partition}", int(is_rebuild),
            *self._figure_keys(lease.partition), *packed(rows, figures, erasures),
        ]  # fmt: skip
        status = self._run(self._apply, lease, *values).decode()
        if status not in {"OK", "DONE"}:
            raise PartitionLost(lease.partition, status)
        lease.mark = Mark(position, customers)
        lease.blocked = blocked

    def figures(self, lease: Lease, behind: str) -> dict[str, dict[str, int]]:
        """Return the next records of the figures behind a name, in the order of names; empty: there are no more."""
        keys = self._figure_keys(lease.partition)
        status, *found = self._run(self._figures, lease, *lease.fence(), *keys, behind, FIGURES_SLICE)
        if status != b"OK":
            raise PartitionLost(lease.partition, status.decode())
        return {
            name.decode(): {field.decode(): int(number) for field, number in zip(told[::2], told[1::2], strict=True)}
            for name, told in found[0]
        }

    def blocks(self, lease: Lease) -> Iterator[dict[str, Block]]:
        """Yield the block list in slices; an entry may come twice."""
        cursor: bytes = b"0"
        while True:
            status, *found = self._run(self._blocked, lease, *lease.fence(), cursor, BLOCKED_SLICE)
            if status != b"OK":
                raise PartitionLost(lease.partition, status.decode())
            cursor, told = found
            yield {hash_.decode(): decode_block(value) for hash_, value in zip(told[::2], told[1::2], strict=True)}
            if cursor == b"0":
                return

    def check(self, lease: Lease, first_rank: int, clock: int, stride: int = 0, figures: Sequence[str] = ()) -> Checked:
        """Check the claim, the next slice of customers, these figures and the block list's size; count who is due.

        Every `stride`th customer is shown.
        """
        last_rank = first_rank + SCRUB_SLICE - 1
        keys = self._figure_keys(lease.partition)
        values = (self._customer, first_rank, last_rank, clock, stride, *keys, lease.blocked, *figures)
        status, *found = self._run(self._check, lease, *lease.fence(), *values)
        if status != b"OK":
            raise PartitionLost(lease.partition, status.decode())
        due, first_due, shown = found
        return Checked(0 if last_rank + 1 >= lease.mark.customers else last_rank + 1, due, float(first_due), shown)

    def wipe(self, lease: Lease) -> bool:
        """Remove a slice of the partition's keys; return whether all are gone."""
        left = self._run(
            self._wipe, lease, lease.claim, self._customer, self._segment, f":customers:{lease.partition}", WIPE_SLICE,
            *self._figure_keys(lease.partition),
        )  # fmt: skip
        if left < 0:
            raise PartitionLost(lease.partition, "CLAIM")
        return bool(left == 0)

    def run_id(self) -> str:
        """Return the id of the server process: another one means that Redis was restarted."""
        with self._outages():
            return str(self._redis.info("server")["run_id"])

    def now(self) -> int:
        """Return the server's time of day in microseconds."""
        with self._outages():
            seconds, microseconds = self._redis.time()
        return seconds * 1_000_000 + microseconds

    def windows(self, partitions: int) -> list[int | None]:
        """Return the window in days by which each partition counts of which there is a meta record."""
        with self._outages(), self._redis.pipeline(transaction=False) as pipe:
            for partition in range(partitions):
                pipe.hget(f"{self._prefix}partition:{self._settings.topics.orders}:{partition}", "meta")
            found = pipe.execute(raise_on_error=False)
        return windows_in(found)

    def write_nonce(self, instance_id: str, nonce: str) -> None:
        """Say that this process is the instance from now on."""
        with self._outages():
            self._redis.set(f"{self._prefix}instance:{instance_id}", nonce)

    def is_nonce(self, instance_id: str, nonce: str) -> bool:
        """Tell whether no other process has said so since; a lost nonce is written again."""
        with self._outages():
            held = cast(bytes | None, self._redis.get(f"{self._prefix}instance:{instance_id}"))
        if held is None:
            self.write_nonce(instance_id, nonce)
        return held is None or held.decode() == nonce

    def ping(self) -> None:
        """Raise OutageError unless Redis answers."""
        with self._outages():
            self._redis.ping()

    def refuse_missing_commands(self) -> None:
        """Raise StopError with the rights that this user lacks: a script that misses one would stop half way."""
        with self._outages():
            refuse_missing_commands(self._redis, self._settings)

    def refuse_eviction(self) -> None:
        """Raise StopError when Redis may drop keys by itself, or is a cluster."""
        with self._outages():
            memory = self._redis.info("memory")
            mode = self._redis.info("server").get("redis_mode", "standalone")
        policy = memory.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise StopError(
                f"Redis evicts keys when memory is full (maxmemory-policy {policy}).",
                "Run: redis-cli CONFIG SET maxmemory-policy noeviction",
                code="REDIS_EVICTS",
            )
        if mode == "cluster":
            raise StopError(
                "Redis Cluster cannot move a partition's keys and its position in one step.",
                "Use one primary per deployment, with Sentinel or a managed service.",
                code="REDIS_CLUSTER",
            )

    @contextmanager
    def _outages(self) -> Iterator[None]:
        """Turn what waiting mends into OutageError, and what an administrator mends into StopError."""
        try:
            yield
        except redis.RedisError as error:
            metrics.REDIS_ERRORS.labels(type(error).__name__).inc()
            _raise_outage(error)
            if (denial := denial_of(self._settings, error)) is not None:
                raise denial from error
            raise

    def ask(self, script: Script, keys: Sequence[str], *values: Any) -> Any:
        """Return what a script answers; raises OutageError when Redis is away."""
        with self._outages():
            return script(keys=keys, args=values)

    def _run(self, script: Script, lease: Lease, *values: Any) -> Any:
        try:
            return self.ask(script, self._keys(lease.partition), *values)
        except redis.ResponseError as error:
            # A script that met a key of another type stopped half way: only a rebuild makes it whole.
            raise PartitionLost(lease.partition, "DAMAGED") from error


def connect(settings: Settings, **changes: Any) -> redis.Redis:
    """Return a client with these changes to its options; nothing is sent before the first command.

    Raises UsageError rather than talk to another machine without TLS.
    """
    refuse_plaintext_redis(settings)
    options: dict[str, Any] = {"socket_timeout": 10, "socket_connect_timeout": 3, "health_check_interval": 0} | changes
    if settings.redis_ssl_ca_location is not None:
        options["ssl_ca_certs"] = settings.redis_ssl_ca_location
    client: redis.Redis = redis.Redis.from_url(settings.redis_url.get_secret_value(), **options)
    return client


def _raise_outage(error: redis.RedisError) -> None:
    """Raise OutageError when waiting mends the error."""
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | redis.ReadOnlyError | redis.OutOfMemoryError):
        raise OutageError(f"Redis does not answer as it should ({type(error).__name__}).", code="REDIS_AWAY") from error
    if str(error).startswith(("MISCONF", "NOREPLICAS", "OOM", "LOADING", "READONLY", "BUSY")):
        raise OutageError(f"Redis refuses writes ({str(error).split()[0]}).", code="REDIS_WRITE_REFUSED") from error
