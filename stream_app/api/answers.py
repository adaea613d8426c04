"""What the API answers, as its OpenAPI document shows it: money in currency units, times RFC 3339 in UTC."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from stream_app.contract.segment_change import Cause, Features, SegmentChange, SegmentName
from stream_app.core.standing import Standing

FeatureName = Literal["recency", "frequency", "monetary", "unique_products"]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Share = Annotated[float, Field(ge=0, le=1)]


class Answer(BaseModel):
    """The base of all answers: built by us, so never changed."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, protected_namespaces=())


class FieldProblem(Answer):
    """One value that cannot be used."""

    field: Annotated[str, Field(description="Where it stands, such as `Recency` or `17.Monetary` in a batch.")]
    value: Annotated[str, Field(description="What was given, shortened.")]
    message: str


class ProblemDetails(Answer):
    """Why there is no answer, by RFC 9457."""

    type: Annotated[str, Field(description="A URN that names the kind of problem.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What happened here.")]
    hint: Annotated[str, Field(description="What mends it.")] = ""
    code: Annotated[str, Field(description="What programs compare; docs/reference/reason-codes.md lists all.")]
    errors: list[FieldProblem] | None = None


class ErasureAnswer(Answer):
    """An erasure that is in the log and will be answered: its worker is behind, or away."""

    partitions: Annotated[list[int], Field(description="Of the orders topic: where the markers stand.")]
    offsets: Annotated[list[int], Field(description="Their offsets; answered once the partition has passed them.")]


class SegmentWords(Answer):
    """A segment with what it means."""

    id: str
    name: str
    description: str
    action: Annotated[str, Field(description="What to do for its customers.")]


class Distance(Answer):
    """How far a customer is from a segment's centre."""

    id: str
    name: str
    distance: Annotated[float, Field(description="In PCA space.")]


class Prediction(Answer):
    """The segment of four numbers."""

    segment: SegmentWords
    distances: Annotated[list[Distance], Field(description="To every segment, the nearest first.")]
    margin: Annotated[float, Field(description="1 - d1/d2: how far inside its segment it lies.")]
    point: Annotated[list[float], Field(description="Its place in PCA space.")]
    model_version: str


class PredictedRow(Answer):
    """One row of a batch."""

    row: Annotated[int, Field(description="Its place in the batch, from 0.")]
    customer_id: str | None = None
    segment: SegmentName
    margin: float
    point: list[float]
    distance: Annotated[float, Field(description="To its own segment's centre.")]


class BatchPrediction(Answer):
    """The segments of many rows."""

    model_version: str
    results: list[PredictedRow]
    counts: Annotated[dict[str, int], Field(description="Rows by segment id.")]


class Step(Answer):
    """One change of a customer's segment."""

    sequence: int
    as_of: Moment
    from_: Annotated[SegmentName | None, Field(alias="from")]
    to: SegmentName | None
    cause: Cause


class Foretold(Answer):
    """A change that comes by itself if the customer buys nothing and the model stays."""

    as_of: Moment
    to: SegmentName | None
    cause: Cause


class HeldOrder(Answer):
    """One of a customer's orders."""

    order_id: str
    ordered_at: Moment
    is_return: bool
    amount: float
    products: int


class CustomerAnswer(Answer):
    """All that is known of a customer."""

    customer_id: str
    segment: SegmentName | None
    standing: Standing
    since: Moment | None
    as_of: Annotated[Moment, Field(description="The instant of the features: the customer's clock.")]
    last_purchase: Moment | None
    features: Features | None
    currency: str
    sequence: int
    model_version: str | None
    valid_until: Annotated[Moment | None, Field(description="Nothing changes before it without an order.")]
    next: Annotated[Foretold | None, Field(description="The first change that time alone will make.")]
    forecast: list[Foretold]
    history: Annotated[list[Step], Field(description="The last 20 changes, newest first.")]
    orders: Annotated[list[HeldOrder], Field(description="The last orders, newest first.")]


class Contribution(Answer):
    """What one feature adds to the gap between two segments; below 0 it speaks for the rival."""

    feature: FeatureName
    value: float
    contribution: float


class NextStep(Answer):
    """The smallest step of its kind that would move the customer."""

    kind: Literal["order", "new_products", "spend", "quiet"]
    words: str
    orders: Annotated[int | None, Field(description="So many more orders at once.")] = None
    amount: Annotated[float | None, Field(description="What each of them comes to.")] = None
    products: Annotated[int | None, Field(description="New products in each of them.")] = None
    days: Annotated[int | None, Field(description="So long without an order.")] = None
    distance: Annotated[float | None, Field(description="How far it moves the customer in PCA space.")] = None
    to: SegmentName | None


class Explanation(Answer):
    """Why a customer is in this segment and not in the second nearest."""

    customer_id: str
    as_of: Moment
    model_version: str
    segment: SegmentName
    rival: SegmentName
    gap: Annotated[
        float, Field(description="Squared distance in PCA space to the rival, less that to the own segment.")
    ]
    contributions: list[Contribution]
    constant: Annotated[float, Field(description="What no feature adds; with the contributions it sums to the gap.")]
    point: list[float]
    steps: Annotated[list[NextStep], Field(description="The smallest one first.")]


class Earlier(Answer):
    """A segment on an earlier day."""

    customers: int
    revenue: float


class MedianCustomer(Answer):
    """The medians of a segment's members in the training."""

    recency_days: float
    frequency: float
    monetary: float
    unique_products: float


class SegmentStanding(Answer):
    """A segment as it is now."""

    id: str
    name: str
    description: str
    action: str
    customers: int
    customer_share: Share
    revenue: float
    revenue_share: Share
    earlier: Annotated[dict[str, Earlier | None], Field(description="By days ago: 7, 30 and 90.")]
    profile: MedianCustomer
    buys_again: Annotated[float | None, Field(description="Part of them who bought again in 13 weeks of a trial.")]


class Segments(Answer):
    """All segments as they are now."""

    as_of: Annotated[Moment | None, Field(description="The newest clock of a partition.")]
    currency: str
    customers: Annotated[int, Field(description="In a segment.")]
    revenue: float
    lapsed: Annotated[int, Field(description="In none: no purchase in the window, or not scored yet.")]
    model_version: str
    segments: list[SegmentStanding]


class SegmentCustomer(Answer):
    """A customer of a segment, as last evaluated."""

    customer_id: str
    since: Moment | None
    valid_until: Moment | None
    recency_at: Moment | None
    frequency: int
    monetary: float
    unique_products: int


class SegmentCustomers(Answer):
    """A page of a segment's customers."""

    customers: list[SegmentCustomer]
    cursor: Annotated[str | None, Field(description="Where to go on; null at the end.")]


class Histogram(Answer):
    """How a feature is distributed: one count less than edges."""

    edges: list[float]
    counts: list[int]


class Distributions(Answer):
    """The features of a segment's customers, from a sample."""

    sample: int
    features: dict[str, Histogram]


class RecentChanges(Answer):
    """The last changes."""

    changes: Annotated[list[SegmentChange], Field(description="Newest first.")]


class Migration(Answer):
    """How many went one way."""

    from_: Annotated[SegmentName | None, Field(alias="from")]
    to: SegmentName | None
    cause: Cause
    customers: int


class Migrations(Answer):
    """Who went where, by day of event time, both days included."""

    from_: Annotated[str, Field(alias="from", json_schema_extra={"format": "date"})]
    to: Annotated[str, Field(json_schema_extra={"format": "date"})]
    migrations: list[Migration]


class PartitionActivity(Answer):
    """How far one partition has come."""

    partition: int
    position: Annotated[int, Field(description="The next order.")]
    lag: int | None
    clock: Moment | None
    customers: int
    paused: Annotated[str, Field(description="Why it is paused; empty while it runs.")]


class Activity(Answer):
    """How the stream runs."""

    orders_per_second: Annotated[float | None, Field(description="null until there are two readings.")]
    lag: Annotated[int | None, Field(description="Orders that wait; null while Kafka does not answer.")]
    clock: Annotated[Moment | None, Field(description="Of the partition that is furthest behind.")]
    partitions: list[PartitionActivity]


class Healthy(Answer):
    """The process lives."""

    status: Literal["ok"] = "ok"


class Readiness(Answer):
    """What works and what does not."""

    ready: bool
    redis: Annotated[str, Field(description="`ok`, or what is wrong.")]
    kafka: str
    model: str
    model_version: str | None
