"""Shops whose orders come in every way: some as a file of the past, the rest live, shuffled and some twice."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
from msgspec.structs import replace

from model_store.segment_model import SegmentModel
from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.history.columns import own_format
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.reading import open_history
from tests.builders import an_instant
from tests.integration.deployment import Deployment
from tests.integration.real_logs import SHOPS, file_of
from tests.integration.shop import Sent
from tests.integration.waiting import wait_for

COLUMNS = {name: name for name in ("order_id", "customer_id", "product_id", "quantity", "unit_price", "ordered_at")}
TIMES = {"completejourney": "transaction_timestamp", "online-retail": "InvoiceDate"}
BEGINNING = an_instant("2024-03-01T00:00:00Z")


class Shop(NamedTuple):
    """A shop's file up to a day, and the orders since, in the order of their time."""

    past: Path
    flags: tuple[str, ...]
    """How the backfill reads the file."""
    live: list[HistoricOrder]
    erased: list[str]
    """Customers who are to be erased; all of them order again later."""
    end: int
    """An instant a month behind everything."""


def a_small_shop(folder: Path, *, orders: int = 2_000, customers: int = 90) -> Shop:
    """Return a year and a half of a shop that is made up."""
    luck, lines = random.Random(23), [",".join(COLUMNS)]
    for number in range(orders):
        at = rfc3339(BEGINNING + number * 550 * DAY_US // orders)
        lines.append(f"O-{number},C{luck.randrange(customers)},A{luck.randrange(60)},1,{luck.randrange(1, 90)}.5,{at}")
    whole, past = folder / "whole.csv", folder / "past.csv"
    whole.write_text("\n".join(lines))
    past.write_text("\n".join(lines[: 1 + orders // 2]))
    with open_history(whole, own_format(COLUMNS)) as history:
        found = sorted(history.orders(), key=_at)
    flags = ("--columns", ",".join(f"{name}={name}" for name in COLUMNS))
    return _shop(past, flags, found[orders // 2 :])


def a_real_shop(folder: Path, name: str) -> Shop:
    """Return all orders of a shop; its first nine months are the past."""
    file, past, cut = file_of(name), folder / "past.parquet", SHOPS[name].cut
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        source = f"SELECT * FROM read_parquet('{file}') WHERE epoch_us({TIMES[name]}) < {cut}"
        connection.execute(f"COPY ({source}) TO '{past}' (FORMAT parquet)")
    with open_history(file, name) as history:
        found = sorted((order for order in history.orders() if order.ordered_at_us >= cut), key=_at)
    return _shop(past, ("--format", name), found)


def _at(order: HistoricOrder) -> int:
    return order.ordered_at_us


def _shop(past: Path, flags: tuple[str, ...], live: list[HistoricOrder]) -> Shop:
    half = len(live) // 2
    loyal = {each.customer_id for each in live[:half]} & {each.customer_id for each in live[half:]}
    end = (live[-1].ordered_at_us // DAY_US + 31) * DAY_US
    return Shop(past, flags, live, random.Random(5).sample(sorted(loyal), 6), end)


def as_they_come(orders: Sequence[HistoricOrder], partitions: int) -> list[Sent]:
    """Return the records of orders that are up to two days late, every twentieth of them twice."""
    luck = random.Random(11)
    coming = [*orders, *luck.sample(orders, len(orders) // 20)]
    # The log has the time of day of the broker: what counts is the order in which they come.
    coming.sort(key=lambda order: order.ordered_at_us + luck.uniform(0, 2 * DAY_US))
    return [_sent(order.customer_id, order.to_json(), partitions) for order in coming]


def _sent(customer_id: str, value: bytes, partitions: int) -> Sent:
    partition = partition_of(customer_id.encode(), partitions, Partitioner.MURMUR2)
    assert partition is not None
    return Sent(partition, customer_id.encode(), value)


def ticks(instant: int, partitions: int) -> list[Sent]:
    """Return what moves all clocks to an instant."""
    return [Sent(p, None, None, [("segstream.tick", rfc3339(instant).encode())]) for p in range(partitions)]


def moved(model: SegmentModel) -> SegmentModel:
    """Return a model that puts everybody elsewhere: the places of its segments are exchanged."""
    return replace(model, version="20260101T000000Z-moved", centroids=model.centroids[::-1])


def backfill_through_a_kill(deployment: Deployment, shop: Shop, rate: int) -> None:
    """Add the past by a command that dies on the way, and by another one to its end."""
    words, terminal = ("backfill", str(shop.past), *shop.flags), deployment.terminal()
    out = deployment.folder / "backfill.out"
    child = terminal.begin(*words, "--rate", str(rate), said=out)
    wait_for("a part is there", lambda: _confirmed(shop.past) > 0 or child.poll() is not None, said=out.read_text)
    child.kill()
    at_kill = _confirmed(shop.past)
    done = terminal.run(*words, "--json", seconds=600)
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)["sent"]
    assert sent["is_complete"]
    assert 0 < at_kill <= sent["already_there"] < sent["already_there"] + sent["orders"]


def _confirmed(past: Path) -> int:
    found = past.parent.glob(f"{past.name}.segstream-load-*.json")
    return sum(json.loads(file.read_text())["confirmed"] for file in found)


def joined(*parts: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    """Return the changes of a deployment that moved, each customer's in one chain."""
    names: Iterable[str] = {name for part in parts for name in part}
    return {name: [change for part in parts for change in part.get(name, [])] for name in names}
