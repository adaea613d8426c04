"""Time moves everybody who is due, however many there are at once."""

from __future__ import annotations

import json
from pathlib import Path

from stream_app.local.kafka import LocalKafka
from stream_app.local.valkey import LocalRedis
from stream_app.worker.loader import IDLE_BUDGET
from tests.builders import an_order_json
from tests.integration.deployment import Deployment
from tests.integration.shop import Sent

CUSTOMERS = IDLE_BUDGET + 1_000
HISTORY = [("replay", b"true")]


def a_historic_order(number: int) -> Sent:
    customer = f"B{number}"
    return Sent(0, customer.encode(), json.dumps(an_order_json(customer_id=customer)).encode(), HISTORY)


def test_more_customers_than_one_slice_are_moved_by_one_tick(
    kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path
) -> None:
    with Deployment(kafka, valkey, tmp_path, chunk_records=20_000) as deployment:
        deployment.create(1)
        deployment.send(a_historic_order(number) for number in range(CUSTOMERS))
        deployment.send([Sent(0, None, None, [("segstream.tick", b"2025-07-01T00:00:00Z")])])

        deployment.run_to_end()

        assert len(deployment.changes()) == CUSTOMERS
