"""The event that subscribers live on: one customer moved from one segment to another, and why."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field

Cause = Literal["order", "return", "correction", "aging", "expiry", "model", "erasure"]


class SegmentName(BaseModel):
    """A segment as subscribers see it: an id that outlives retraining, and a name for people."""

    model_config = ConfigDict(frozen=True)

    id: Annotated[str, Field(description="Stable: what programs compare.")]
    name: Annotated[str, Field(description="For people.")]


class Features(BaseModel):
    """The four numbers a customer is scored on."""

    model_config = ConfigDict(frozen=True)

    recency_days: Annotated[int, Field(description="Whole days since the last counted purchase.")]
    frequency: Annotated[int, Field(description="Counted purchases.")]
    monetary: Annotated[float, Field(description="Net amount in currency units, never below 0.")]
    unique_products: Annotated[int, Field(description="Products whose net quantity is above 0.")]


class FeaturesPair(BaseModel):
    """The features as last evaluated, and as they are; null where there was no counted purchase."""

    model_config = ConfigDict(frozen=True)

    before: Features | None
    after: Features | None


class Source(BaseModel):
    """The order record that caused the change."""

    model_config = ConfigDict(frozen=True)

    topic: Annotated[str, Field(description="The orders topic.")]
    partition: Annotated[int, Field(description="The order's partition.")]
    offset: Annotated[int, Field(description="Its offset there.")]


class SegmentChange(BaseModel):
    """One step in a customer's chain: `from` equals the previous `to`, `sequence` counts 1, 2, 3 and on."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    event_id: Annotated[
        str, Field(description="uuid5 of deployment, customer and sequence: the same on every redelivery.")
    ]
    customer_id: Annotated[str, Field(description="The record's key.")]
    sequence: Annotated[int, Field(description="1, 2, 3 … per customer, never reset.")]
    from_: Annotated[SegmentName | None, Field(alias="from", description="null: in no segment before.")]
    to: Annotated[SegmentName | None, Field(description="null: no purchase left in the window (lapsed).")]
    cause: Annotated[Cause, Field(description="What moved the customer.")]
    as_of: Annotated[
        str, Field(description="The instant at which it became true.", json_schema_extra={"format": "date-time"})
    ]
    features: FeaturesPair
    model_version: Annotated[str, Field(description="The model that scored the customer.")]
    margin: Annotated[
        float | None,
        Field(description="1 - d1/d2: how far inside its segment the customer lies; null when lapsed."),
    ]
    valid_until: Annotated[
        str | None,
        Field(
            description="No change before it without a further order under this model; null: never.",
            json_schema_extra={"format": "date-time"},
        ),
    ]
    source: Annotated[Source | None, Field(description="null when time alone moved the customer.")]
    replay: Annotated[
        bool,
        Field(description="True: take note, do not act; history or a quiet new model is behind it."),
    ]


class ChangeMessage(msgspec.Struct, frozen=True, gc=False):
    """A SegmentChange as readers take it in; `SegmentChange` says what each field means."""

    event_id: str
    customer_id: str
    sequence: int
    from_: dict[str, str] | None = msgspec.field(name="from")
    to: dict[str, str] | None
    cause: Cause
    as_of: str
    features: dict[str, dict[str, int | float] | None]
    model_version: str
    margin: float | None
    valid_until: str | None
    source: dict[str, str | int] | None
    replay: bool


class HistoryStep(msgspec.Struct, frozen=True, gc=False):
    """One of a customer's last changes, as Redis shows it."""

    sequence: int
    as_of: str
    from_: str | None = msgspec.field(name="from")
    to: str | None
    cause: Cause


encode_step = msgspec.json.Encoder().encode
decode_step = msgspec.json.Decoder(HistoryStep).decode
decode_change = msgspec.json.Decoder(ChangeMessage).decode
