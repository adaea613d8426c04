"""A peer's whole program: segmentation on plain Faust, one order at a time, the way Faust's own guide does things."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import faust
import numpy as np
import redis.asyncio as redis

from bench.peers.progress import Progress
from bench.peers.scoring import Folded
from bench.workload import model, pipeline

FOLDER = Path(os.environ["PEER_FOLDER"])
PREFIX = os.environ["PEER_REDIS_PREFIX"]
SEGMENTS = tuple(segment.id for segment in model().segments)

app = faust.App(
    os.environ["PEER_GROUP"],
    broker=f"kafka://{os.environ['PEER_BROKERS']}",
    store="memory://",
    datadir=str(FOLDER / "faust"),
    consumer_auto_offset_reset="earliest",
    # The topics are there, and the broker makes none by itself.
    topic_allow_declare=False,
    topic_disable_leader=True,
    web_enabled=False,
)


class Line(faust.Record):
    """One product in an order."""

    product_id: str
    quantity: int
    unit_price: float


class Order(faust.Record, serializer="json"):
    """An order as the contract has it."""

    order_id: str
    customer_id: str
    ordered_at: str
    lines: list[Line]


Score = Callable[[int, float, int], int]


def predicting() -> Score:
    """Return the score as scikit-learn's users write it: predict, for one row."""
    fitted = pipeline()
    return lambda frequency, monetary, products: int(
        fitted.predict(np.array([[0.0, frequency, monetary, products]]))[0]
    )


score = Folded.of(model()).nearest if os.environ["PEER_SCORING"] == "folded" else predicting()
orders = app.topic(os.environ["PEER_ORDERS"], value_type=Order)
changes = app.topic(os.environ["PEER_CHANGES"], value_serializer="json")
database = redis.Redis.from_url(os.environ["PEER_REDIS_URL"], decode_responses=True)
progress = Progress(FOLDER / "progress")


@app.agent(orders)
async def segment_customers(stream: faust.Stream[Order]) -> None:
    """Read the customer, add the order, score, say what changed, write the customer."""
    async for order in stream:
        key = f"{PREFIX}customer:{order.customer_id}"
        known = await database.hgetall(key)
        frequency = int(known.get("frequency", 0)) + 1
        monetary = float(known.get("monetary", 0)) + sum(line.quantity * line.unit_price for line in order.lines)
        products = set(known["products"].split(",")) if known else set()
        products.update(line.product_id for line in order.lines)
        segment = SEGMENTS[score(frequency, monetary, len(products))]
        if segment != known.get("segment"):
            change = {"customer_id": order.customer_id, "before": known.get("segment"), "after": segment}
            await changes.send(key=order.customer_id, value=change)
        customer = {"frequency": frequency, "monetary": monetary, "products": ",".join(products), "segment": segment}
        await database.hset(key, mapping=customer)
        progress.add_one()


if __name__ == "__main__":
    app.main()
