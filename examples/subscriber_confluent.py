"""Acts on changes of segment with confluent-kafka: each once, whatever crashes.

Environment: KAFKA_BOOTSTRAP_SERVERS, SEGSTREAM_TOPIC_PREFIX, GROUP_ID, OUTBOX (a file of SQLite).
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from typing import Any

from confluent_kafka import Consumer

TABLES = """
CREATE TABLE IF NOT EXISTS seen (customer_id TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outbox (event_id TEXT PRIMARY KEY, customer_id TEXT, segment TEXT, cause TEXT);
"""


def take(outbox: sqlite3.Connection, change: dict[str, Any]) -> bool:
    """Note a change and what follows from it in one transaction; False when it was taken before.

    A customer's changes come in the order of `sequence`, so its highest number says what is done.
    """
    with outbox:
        is_new = outbox.execute(
            "INSERT INTO seen VALUES (:customer_id, :sequence) ON CONFLICT (customer_id) DO UPDATE "
            "SET sequence = excluded.sequence WHERE excluded.sequence > seen.sequence",
            change,
        ).rowcount
        # A replay tells of the past, or of a quiet new model: take note, do not act.
        if is_new and not change["replay"]:
            segment = change["to"] and change["to"]["id"]
            row = (change["event_id"], change["customer_id"], segment, change["cause"])
            outbox.execute("INSERT INTO outbox VALUES (?, ?, ?, ?)", row)
    return bool(is_new)


def main() -> None:
    """Read until Ctrl-C or SIGTERM; the offset is committed after the change was taken."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    outbox = sqlite3.connect(os.environ.get("OUTBOX", "outbox.db"))
    outbox.executescript(TABLES)
    consumer = Consumer(
        {
            "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
            "group.id": os.environ.get("GROUP_ID", "outbox"),
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([os.environ.get("SEGSTREAM_TOPIC_PREFIX", "") + "segment-changes.v1"])
    try:
        while True:
            record = consumer.poll(1.0)
            if record is None:
                continue
            if record.error():
                raise SystemExit(str(record.error()))
            take(outbox, json.loads(record.value() or b""))
            consumer.commit(message=record, asynchronous=False)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
        outbox.close()


if __name__ == "__main__":
    main()
