"""The same with FastStream: the change arrives as a typed object, and is acknowledged after it was taken.

Run: faststream run subscriber_faststream:app, or python subscriber_faststream.py.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from typing import Annotated, Any

from faststream import AckPolicy, FastStream
from faststream.confluent import KafkaBroker
from pydantic import BaseModel, Field
from subscriber_confluent import TABLES, take


class Segment(BaseModel):
    """A segment: programs compare the id."""

    id: str
    name: str


class Change(BaseModel):
    """The fields used here; those unknown are ignored."""

    event_id: str
    customer_id: str
    sequence: int
    before: Annotated[Segment | None, Field(alias="from")]
    to: Segment | None
    cause: str
    replay: bool


broker = KafkaBroker(os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"))
app = FastStream(broker)
outbox = sqlite3.connect(os.environ.get("OUTBOX", "outbox.db"))
outbox.executescript(TABLES)


@broker.subscriber(
    os.environ.get("SEGSTREAM_TOPIC_PREFIX", "") + "segment-changes.v1",
    group_id=os.environ.get("GROUP_ID", "outbox-faststream"),
    auto_offset_reset="earliest",
    isolation_level="read_committed",
    # Committed after the function has returned; if it raises, the change comes again.
    ack_policy=AckPolicy.NACK_ON_ERROR,
)
async def on_change(change: Change) -> None:
    """Take one change."""
    fields: dict[str, Any] = change.model_dump(by_alias=True)
    take(outbox, fields)


if __name__ == "__main__":
    asyncio.run(app.run())
