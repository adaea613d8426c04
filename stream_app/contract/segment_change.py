"""The event that subscribers live on: one customer moved from one segment to another, and why."""

from __future__ import annotations

from hashlib import sha1
from typing import Annotated, Literal
from uuid import NAMESPACE_URL

import msgspec
from pydantic import BaseModel, ConfigDict, Field

CHANGE_TYPE = "segstream.segment-changed.v1"
CHANGE_SOURCE = "/segstream/worker"
CHANGE_SCHEMA = "https://segstream.dev/schemas/segment-change.v1.json"

Cause = Literal["order", "return", "correction", "aging", "expiry", "model", "erasure"]


class SegmentName(BaseModel):
    """A segment as subscribers see it: an id that outlives retraining, and a name for people."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: str


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

    topic: str
    partition: int
    offset: int


class SegmentChange(BaseModel):
    """One step in a customer's chain: `from` equals the previous `to`, `sequence` counts 1, 2, 3 and on."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    event_id: Annotated[
        str, Field(description="uuid5 of deployment, customer and sequence: the same on every redelivery.")
    ]
    customer_id: str
    sequence: Annotated[int, Field(description="1, 2, 3 … per customer, never reset.")]
    from_: Annotated[SegmentName | None, Field(alias="from", description="null: in no segment before.")]
    to: Annotated[SegmentName | None, Field(description="null: no purchase left in the window (lapsed).")]
    cause: Cause
    as_of: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    features: FeaturesPair
    model_version: str
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
    replay: Annotated[bool, Field(description="True when history, not a live order, is behind it.")]


class ChangeMessage(msgspec.Struct, frozen=True, gc=False):
    """A SegmentChange as the worker writes it; `SegmentChange` says what each field means."""

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


encode_change = msgspec.json.Encoder().encode


def event_id(deployment: str, customer_id: str, sequence: int) -> str:
    """Return the event's id, the same whenever and by whomever the change is published.

    >>> event_id("segstream", "C1", 1)
    '05bbbdaa-b363-596b-b9df-ce5a2b2c5a07'
    """
    digest = sha1(_NAMESPACE + f"{deployment}\0{customer_id}\0{sequence}".encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"


# uuid5 by hand: uuid.uuid5 takes twice as long, and every change has one.
_NAMESPACE = NAMESPACE_URL.bytes
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def change_headers(change: ChangeMessage) -> list[tuple[str, str | bytes | None]]:
    """Return the CloudEvents 1.0 headers of binary mode."""
    return [
        *_FIXED_HEADERS,
        ("ce_id", change.event_id.encode()),
        ("ce_subject", change.customer_id.encode()),
        ("ce_time", change.as_of.encode()),
    ]


_FIXED_HEADERS: list[tuple[str, str | bytes | None]] = [
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_type", CHANGE_TYPE.encode()),
    ("ce_source", CHANGE_SOURCE.encode()),
    ("ce_dataschema", CHANGE_SCHEMA.encode()),
]
