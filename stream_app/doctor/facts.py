"""What the doctor has seen, as plain values: everything that a judgement needs, and nothing that can still change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from msgspec import UNSET, UnsetType

from stream_app.core.partitioner import Partitioner
from stream_app.topic_faults import SeenTopic


class Reach(StrEnum):
    """How far a connection to an address came."""

    OPEN = "open"
    NO_NAME = "no such name"
    REFUSED = "nothing listens"
    SILENT = "no answer"


@dataclass(frozen=True)
class Endpoint:
    """An address that was knocked at."""

    address: str
    reach: Reach

    @property
    def is_open(self) -> bool:
        """True when somebody listens there."""
        return self.reach is Reach.OPEN

    @property
    def host(self) -> str:
        """The address without its port."""
        return self.address.rpartition(":")[0].strip("[]")


class Refusal(StrEnum):
    """Why a server that listens could not be talked to."""

    CLIENT = "the client's own settings"
    PLAINTEXT = "no TLS to another machine"
    LOGIN = "login"
    TLS = "TLS"
    MUTE = "it does not speak this protocol"


@dataclass(frozen=True)
class Refused:
    """A conversation that came to nothing, and the client's own words for it."""

    why: Refusal
    said: str = ""
    mend: str = ""
    """Where the refusal itself says what helps."""


@dataclass(frozen=True)
class KafkaFacts:
    """The brokers, as this machine meets them."""

    bootstrap: tuple[Endpoint, ...]
    security_protocol: str = "PLAINTEXT"
    refused: Refused | None = None
    cluster_id: str = ""
    brokers: Mapping[int, Endpoint] = field(default_factory=dict)
    """By id, each at the address that it advertises."""
    internal_topics: frozenset[str] = frozenset()
    defaults: Mapping[str, str] = field(default_factory=dict)
    """A broker's settings; empty when this client may not see them."""
    is_in_container: bool = False

    @property
    def is_answering(self) -> bool:
        """True when the brokers have named themselves."""
        return bool(self.brokers)

    @property
    def is_usable(self) -> bool:
        """True when a client can work: it needs the advertised addresses of all brokers."""
        return self.is_answering and all(broker.is_open for broker in self.brokers.values())


@dataclass(frozen=True)
class TopicFacts:
    """The deployment's topics that exist, and how many brokers could hold replicas of them."""

    seen: Mapping[str, SeenTopic]
    brokers: int = 1
    bootstrap_servers: str = "localhost:9092"


@dataclass(frozen=True)
class Bounds:
    """Where each partition of a topic begins and ends."""

    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()

    @property
    def partitions(self) -> int:
        """How many there are."""
        return len(self.ends)


@dataclass(frozen=True)
class SampledOrder:
    """One of the newest records of the orders topic."""

    partition: int
    key: bytes
    timestamp: int
    """The record's own, microseconds since 1970."""
    ordered_at: int | None = None
    """None when the order could not be read."""
    code: str = ""
    """Why it is a dead letter; empty when it is none."""
    reason: str = ""
    currency: str = ""
    """The one that it names, when it is not the deployment's."""
    is_history: bool = False


@dataclass(frozen=True)
class OrderFacts:
    """A sample of the newest orders, and what the settings say of them."""

    sample: tuple[SampledOrder, ...]
    partitions: int
    partitioner: Partitioner = Partitioner.MURMUR2
    currency: str = "EUR"


@dataclass(frozen=True)
class RedisFacts:
    """The Redis server, as it describes itself."""

    endpoint: Endpoint
    refused: Refused | None = None
    version: str = ""
    is_valkey: bool = False
    mode: str = "standalone"
    role: str = "master"
    eviction: str = "noeviction"
    is_append_only: bool = True
    snapshots: str | None = ""
    """The `save` setting; None when this client may not see it."""
    failing_write: str = ""
    """What the server could not write to disk last; empty when all went well."""
    used_bytes: int = 0
    max_bytes: int = 0
    """0: no limit."""
    is_loading: bool = False
    has_scripts: bool = True
    ahead_seconds: float = 0.0
    """How far its clock is before this machine's."""

    @property
    def is_usable(self) -> bool:
        """True when it answers questions."""
        return self.refused is None and self.endpoint.is_open and not self.is_loading


@dataclass(frozen=True)
class LiveModel:
    """The model that the control topic names, and what became of loading it."""

    version: str
    window_days: int | None = None
    segments: int = 0
    refusal: str = ""
    """Why it cannot be used; empty when it can."""
    mend: str = ""


@dataclass(frozen=True)
class ModelFacts:
    """The model store and the model that is live."""

    uri: str
    store_fault: str = ""
    """Why the store cannot be read; empty when it can."""
    versions: tuple[str, ...] = ()
    live: LiveModel | None = None
    window_days: int | None = 365
    """By which the deployment counts: what its partitions say, else the last swap to another one, else the settings."""
    said_days: int | UnsetType | None = UNSET
    """To which the last swap to another one was to lead; unset: there was none."""


@dataclass(frozen=True)
class ErasureFacts:
    """Who was erased, by what the control topic says."""

    erased: int
    keys: frozenset[str]
    """Fingerprints of the keys by which it was done."""
    own: str | None
    """That of the settings' key; None: none is set."""


@dataclass(frozen=True)
class Member:
    """A worker in the consumer group."""

    host: str
    partitions: tuple[int, ...]


@dataclass(frozen=True)
class GroupFacts:
    """The consumer group, and how far it has come."""

    group: str
    members: tuple[Member, ...] = ()
    state: str = ""
    orders: Bounds = field(default_factory=Bounds)
    committed: Mapping[int, int] = field(default_factory=dict)
    moved: frozenset[int] = frozenset()
    """Partitions that went on while the doctor watched."""

    def lag(self, partition: int) -> int:
        """Return how many orders of a partition wait."""
        return self.orders.ends[partition] - self.committed.get(partition, self.orders.starts[partition])


@dataclass(frozen=True)
class SeenPartition:
    """A partition as Redis holds it."""

    partition: int
    claim: bool
    customers: int
    due: int = 0
    """Customers whose timer lies behind the partition's clock."""
    applied_ago_seconds: float = 0.0
    paused: str = ""
    window_days: int | None = 365
    currency: str = "EUR"
    partitions: int = 0
    """As the deployment was started."""
    model_version: str = ""
    clock_mode: str = ""
    """SEGSTREAM_CLOCK of the worker that wrote it last; empty when it does not say."""
    is_written: bool = True
    """False: claimed, and no order has come yet."""
    is_half_swapped: bool = False
    """A replay was taking its place, and somebody gave that up."""
    is_old: bool = False
    """True: a customer's state may be in a format that this release reads and does not write."""


@dataclass(frozen=True)
class WorkerFacts:
    """The workers: in the group, in Redis, and on the page that one of them serves here."""

    group: GroupFacts
    held: tuple[SeenPartition, ...] | None = None
    """None when Redis does not answer."""
    page: str = ""
    """Address of the page, when a worker serves it on this machine."""
    page_problems: tuple[str, ...] = ()
    window_days: int | None = 365
    currency: str = "EUR"
    clock: str = "wall"


@dataclass(frozen=True)
class Package:
    """A package that segstream needs: what is installed, and what it asks for."""

    name: str
    version: str
    """Empty when it is missing."""
    wanted: str


@dataclass(frozen=True)
class MachineFacts:
    """What runs here."""

    python: str
    segstream: str
    librdkafka: str
    packages: tuple[Package, ...] = ()


@dataclass(frozen=True)
class ClockFacts:
    """This machine's clock beside the others; None where there was nothing to compare with."""

    redis_ahead_seconds: float | None = None
    record_ahead_seconds: float | None = None
    """How far the newest record's timestamp lies after this machine's now."""
