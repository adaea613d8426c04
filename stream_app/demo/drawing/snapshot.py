"""What is known of a running demo at one moment; the screen, the plain lines and the end are drawn from it alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

DAY_US = 86_400_000_000

QUIET_DAYS = 182
"""So long the demo lets time pass after the last order: half a year."""

JARS, REDIS, KAFKA, TOPICS = "Kafka's jars", "Valkey", "Kafka", "Topics"
SHOP, MODEL, WORKER, HISTORY = "Shop", "Model", "Worker", "History"


@dataclass(frozen=True)
class Step:
    """One thing that has to be there before live orders can flow."""

    name: str
    words: str = ""
    began: float | None = None
    """Seconds after the demo's start; None while it waits for its turn."""
    ended: float | None = None
    done: int = 0
    total: int = 0
    """0: how far it has come cannot be said."""

    @property
    def is_running(self) -> bool:
        """Tell whether it is under way."""
        return self.began is not None and self.ended is None

    def seconds(self, now: float) -> float:
        """Return how long it took, or takes already."""
        began = now if self.began is None else self.began
        return (now if self.ended is None else self.ended) - began

    @property
    def share(self) -> float:
        """How much of it is done, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


class Page(NamedTuple):
    """What people open in a browser."""

    name: str
    url: str


@dataclass(frozen=True)
class SegmentSize:
    """A segment and how many households are in it."""

    id: str
    name: str
    description: str
    households: int = 0
    at_last_order: int | None = None
    """How many were in it when the last order had been counted; None before."""

    @property
    def gained(self) -> int | None:
        """How many time alone has added since the last order, negative when it took some away."""
        return None if self.at_last_order is None else self.households - self.at_last_order


@dataclass(frozen=True)
class Move:
    """One change in words, and the segments it leads from and to."""

    household: str
    came_from: str
    to: str
    because: str
    from_id: str | None = None
    to_id: str | None = None
    is_by_time: bool = False
    """Whether it came without an order."""

    @property
    def sentence(self) -> str:
        """The move as one line of text."""
        if self.is_by_time:
            return f"household {self.household} {self.because}: {self.came_from} → {self.to}"
        return f"household {self.household}: {self.came_from} → {self.to}, {self.because}"


@dataclass(frozen=True)
class Seen:
    """What one look at the running parts found."""

    records: int
    """Records of the orders topic that the worker has finished: orders and ticks."""
    records_per_second: float
    dead_letters: int
    households: dict[str, int]
    """By segment id."""
    moves: tuple[Move, ...]
    causes: tuple[tuple[str, int], ...]
    clock_us: int | None = None
    """The earliest partition's clock, in microseconds since 1970."""
    moved_by_time: int = 0


@dataclass(frozen=True)
class Snapshot:
    """A whole moment; what is not known yet is empty or 0."""

    seconds: float = 0.0
    """Since the demo's start."""
    steps: tuple[Step, ...] = ()
    pages: tuple[Page, ...] = ()
    """Those that answer."""
    history_orders: int = 0
    live_orders: int = 0
    """How many there are to send."""
    sent: int = 0
    records: int = 0
    """Records of the orders topic that the worker has finished: orders and ticks."""
    history_records: int | None = None
    """So many of them came before the first live order; None until that is known."""
    orders_per_second: float = 0.0
    dead_letters: int = 0
    segments: tuple[SegmentSize, ...] = ()
    moves: tuple[Move, ...] = ()
    """A few of the changes, the newest first."""
    causes: tuple[tuple[str, int], ...] = ()
    """How many changes each cause brought; `history` is one."""
    first_change: float | None = None
    """When the first change was seen, in seconds after the start."""
    live_began: float | None = None
    """When the first live order was sent, in seconds after the start."""
    live_ended: float | None = None
    """When the worker had finished all of them."""
    clock_us: int | None = None
    """How far the shop's time has come, in microseconds since 1970."""
    last_order_us: int | None = None
    """The instant after which nobody buys; None before all orders are done."""
    moved_by_time: int = 0
    """Households that have changed their segment since then, without an order."""

    @property
    def is_ready(self) -> bool:
        """Tell whether all that live orders need is there."""
        return bool(self.steps) and all(step.ended is not None for step in self.steps)

    @property
    def live_seconds(self) -> float:
        """How long the live orders took, or take already."""
        began = self.seconds if self.live_began is None else self.live_began
        return (self.seconds if self.live_ended is None else self.live_ended) - began

    @property
    def average_speed(self) -> float:
        """Live orders a second, over all the time they took."""
        return self.done / self.live_seconds if self.live_seconds else 0.0

    @property
    def done(self) -> int:
        """Live orders that the worker has finished."""
        if self.history_records is None:
            return 0
        # Behind the last order come ticks, which are records too.
        return min(self.live_orders, max(0, self.records - self.history_records))

    @property
    def lag(self) -> int:
        """Live orders that were sent and not finished."""
        return max(0, self.sent - self.done)

    @property
    def share(self) -> float:
        """How much of the live orders is done, from 0 to 1."""
        return min(1.0, self.done / self.live_orders) if self.live_orders else 0.0

    @property
    def changes(self) -> int:
        """How many changes there were."""
        return sum(count for _, count in self.causes)

    @property
    def households(self) -> int:
        """How many households are in any segment."""
        return sum(segment.households for segment in self.segments)

    @property
    def quiet_days(self) -> int | None:
        """For how many days nobody has bought; None before all orders are done."""
        if self.last_order_us is None or self.clock_us is None:
            return None
        return max(0, self.clock_us - self.last_order_us) // DAY_US

    @property
    def quiet_share(self) -> float:
        """How much of the time without orders has passed, from 0 to 1."""
        return min(1.0, (self.quiet_days or 0) / QUIET_DAYS)

    @property
    def households_at_last_order(self) -> int:
        """How many households were in any segment when the last order had been counted."""
        return sum(segment.at_last_order or 0 for segment in self.segments)

    @property
    def seconds_left(self) -> float | None:
        """When the live orders will be done if they go on like this; None while nobody can say."""
        if self.orders_per_second <= 0 or not self.live_orders:
            return None
        return (self.live_orders - self.done) / self.orders_per_second

    def step(self, name: str) -> Step:
        """Return a step by its name."""
        return next(step for step in self.steps if step.name == name)

    def with_step(self, changed: Step) -> Snapshot:
        """Return the snapshot with one step replaced."""
        return replace(self, steps=tuple(changed if step.name == changed.name else step for step in self.steps))
