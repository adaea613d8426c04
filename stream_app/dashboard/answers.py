"""What the API answers, as far as the dashboard shows it; what else stands in an answer is passed over."""

from __future__ import annotations

from msgspec import Struct, field

from stream_app.contract.segment_change import ChangeMessage


class Named(Struct, frozen=True):
    """A segment by its id and its name."""

    id: str
    name: str


class Features(Struct, frozen=True):
    """The four numbers a customer is scored on."""

    recency_days: float
    frequency: float
    monetary: float
    unique_products: float


class Earlier(Struct, frozen=True):
    """How a segment was at the end of an earlier day."""

    customers: int
    revenue: float


class SegmentState(Struct, frozen=True, kw_only=True):
    """One segment as it is, as it was, and what is typical of it."""

    id: str
    name: str
    description: str = ""
    action: str = ""
    customers: int
    customer_share: float
    revenue: float
    revenue_share: float
    earlier: dict[str, Earlier | None] = {}
    """By days ago: "7", "30", "90"."""
    profile: Features | None = None
    """Medians of the training's customers."""
    buys_again: float | None = None
    """The part of them that bought within the weeks after the training's cut."""


class Segments(Struct, frozen=True):
    """All segments at one instant."""

    as_of: str | None
    currency: str
    customers: int
    revenue: float
    lapsed: int
    segments: list[SegmentState]


class Partition(Struct, frozen=True):
    """How far one partition of the orders is folded."""

    partition: int
    lag: int | None = None
    clock: str | None = None
    customers: int = 0
    paused: str = ""
    """Why; empty while it runs."""


class Activity(Struct, frozen=True):
    """What the worker is doing."""

    orders_per_second: float | None = None
    lag: int | None = None
    clock: str | None = None
    partitions: list[Partition] = []


class Migration(Struct, frozen=True):
    """So many customers went from one segment to another for one cause."""

    from_: Named | None = field(name="from")
    to: Named | None
    cause: str
    customers: int


class Migrations(Struct, frozen=True):
    """What moved between two days, both of them included."""

    migrations: list[Migration]


class RecentChanges(Struct, frozen=True):
    """The last changes, newest first."""

    changes: list[ChangeMessage]


class Step(Struct, frozen=True):
    """One change in a customer's history, or one that time will bring."""

    as_of: str
    to: Named | None
    cause: str
    sequence: int = 0
    from_: Named | None = field(default=None, name="from")


class HeldOrder(Struct, frozen=True):
    """One of a customer's newest orders."""

    order_id: str
    ordered_at: str
    is_return: bool
    amount: float
    products: int


class Customer(Struct, frozen=True):
    """All that is known of one customer."""

    customer_id: str
    standing: str
    currency: str
    sequence: int
    segment: Named | None = None
    since: str | None = None
    as_of: str | None = None
    last_purchase: str | None = None
    features: Features | None = None
    valid_until: str | None = None
    next: Step | None = None
    forecast: list[Step] = []
    history: list[Step] = []
    orders: list[HeldOrder] = []


class Contribution(Struct, frozen=True):
    """What one feature adds to the gap between a customer's segment and the next best."""

    feature: str
    value: float
    contribution: float


class SmallestStep(Struct, frozen=True):
    """Something small that would move the customer."""

    kind: str
    words: str
    to: Named | None


class Explanation(Struct, frozen=True):
    """Why a customer is in one segment and not in its rival."""

    segment: Named
    rival: Named | None
    gap: float
    contributions: list[Contribution]
    constant: float = 0.0
    steps: list[SmallestStep] = []


class Distance(Struct, frozen=True):
    """How far a point is from a segment's centre."""

    id: str
    name: str
    distance: float


class PredictedSegment(Struct, frozen=True):
    """A segment with what to do about it."""

    id: str
    name: str
    description: str = ""
    action: str = ""


class Prediction(Struct, frozen=True):
    """Where four numbers lead to."""

    segment: PredictedSegment
    distances: list[Distance]
    margin: float
    point: list[float]
    model_version: str


class Member(Struct, frozen=True):
    """One customer in a segment's list."""

    customer_id: str
    since: str | None = None
    valid_until: str | None = None
    recency_at: str | None = None
    frequency: float | None = None
    monetary: float | None = None
    unique_products: float | None = None


class Members(Struct, frozen=True):
    """A page of a segment's customers, and where the next one begins."""

    customers: list[Member]
    cursor: str | None


class Histogram(Struct, frozen=True):
    """Counts between edges; there is one edge more than counts."""

    edges: list[float]
    counts: list[int]


class Distributions(Struct, frozen=True):
    """How a sample of a segment's customers is spread over each feature."""

    sample: int
    features: dict[str, Histogram]
