"""The only makers of test data: each gives a valid thing, and takes what the test is about as changes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from model_store.scoring import Scorer
from model_store.segment_model import Candidate, Profile, Segment, SegmentModel
from stream_app.contract.dead_letter import Headers
from stream_app.contract.order import MONEY_SCALE
from stream_app.core.entry import Entry
from stream_app.core.erasure import ERASE_HEADER, UNERASE_HEADER, ErasureKey
from stream_app.core.instants import DAY_US, parse_instant, rfc3339
from stream_app.core.order import Order, read_order
from stream_app.core.rules import Rules
from stream_app.history.report import Example, ReadReport
from stream_app.worker.basis import Basis
from stream_app.worker.meta import identity_of
from tests.driver import Driver
from tests.oracle import Fact

NAMES = ("Champions", "Loyal", "Promising", "New", "Needs attention", "At risk", "Hibernating", "Lost")
NOW = "2025-06-01T12:00:00Z"
NOW_MS = 1_748_779_200_000
A_CENTROID_SET = ((2.2, 0.3), (0.6, -0.5), (-0.9, 1.0), (-1.9, -0.7))


def an_instant(text: str) -> int:
    """Return the instant of an RFC 3339 text."""
    instant = parse_instant(text)
    assert instant is not None, text
    return instant


def a_model(**changes: Any) -> SegmentModel:
    """Return a model with the shape of one trained on a shop's year: four segments in two dimensions."""
    centroids = changes.pop("centroids", A_CENTROID_SET)
    profile = Profile(customers=10, share=0.25, recency_days=10.0, frequency=5.0, monetary=100.0, unique_products=9.0)
    values: dict[str, Any] = {
        "version": "20250101T000000Z-testtest",
        "window_days": 365,
        "scaler_mean": (3.8, 1.3, 6.6, 3.4),
        "scaler_scale": (1.4, 0.7, 1.3, 1.2),
        "pca_mean": (0.0, 0.0, 0.0, 0.0),
        "pca_components": ((-0.36, 0.54, 0.56, 0.51), (0.91, 0.18, 0.19, 0.25)),
        "centroids": centroids,
        "segments": tuple(
            Segment(id=f"s{n + 1}", name=NAMES[n], description="…", action="…", profile=profile)
            for n in range(len(centroids))
        ),
        "training": {},
    }
    return SegmentModel(**(values | changes))


def a_candidate(k: int, **changes: Any) -> Candidate:
    """Return what was measured for a number of segments that passes every rule."""
    values: dict[str, Any] = {
        "inertia": 1000.0 / k,
        "silhouette": 0.4,
        "davies_bouldin": 0.9,
        "calinski_harabasz": 3_000.0,
        "stability": 0.95,
        "smallest_share": 0.1,
    }
    return Candidate(k=k, **(values | changes))


def a_model_of_recency(*places: float, **changes: Any) -> SegmentModel:
    """Return a model whose segments lie at these logs of recency and do not care for anything else."""
    values: dict[str, Any] = {
        "scaler_mean": (0.0, 0.0, 0.0, 0.0),
        "scaler_scale": (1.0, 1.0, 1.0, 1.0),
        "pca_components": ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0)),
        "centroids": tuple((place, 1.0) for place in places),
    }
    return a_model(**(values | changes))


def an_order_json(**changes: Any) -> dict[str, Any]:
    """Return an order as a shop would send it."""
    order = {
        "order_id": "O1",
        "customer_id": "C1",
        "ordered_at": NOW,
        "lines": [{"product_id": "P1", "quantity": 1, "unit_price": 10.0}],
    }
    return order | changes


def an_order(**changes: Any) -> Order:
    """Return an order as the core sees it."""
    return read_order(json.dumps(an_order_json(**changes)).encode(), "EUR")


def rules(**changes: Any) -> Rules:
    """Return the rules of a deployment with one partition."""
    values: dict[str, Any] = {
        "deployment": "segstream",
        "orders_topic": "orders.v1",
        "partitions": 1,
        "window_days": 365,
        "currency": "EUR",
        "erasure_key": AN_ERASURE_KEY,
    }
    return Rules(**(values | changes))


def a_basis(**changes: Any) -> Basis:
    """Return by what a partition of that deployment judges every order."""
    found = rules(**changes)
    return Basis(found, identity_of("cluster", "orders", "state", found.partitions, found.window_days, found.currency))


@dataclass
class ARecord:
    """A Kafka record that came from no broker."""

    value_: bytes | None
    key_: bytes | None = b"C1"
    offset_: int = 0
    timestamp_ms: int = NOW_MS
    headers_: Headers = field(default_factory=list)

    def key(self) -> bytes | None:
        return self.key_

    def value(self) -> bytes | None:
        return self.value_

    def headers(self) -> Headers | None:
        return self.headers_ or None

    def timestamp(self) -> tuple[int, int]:
        return 2, self.timestamp_ms

    def offset(self) -> int:
        return self.offset_


def a_record(order: dict[str, Any] | None = None, *, offset: int = 0, **changes: Any) -> ARecord:
    """Return a record that holds an order, keyed by its customer."""
    body = order if order is not None else an_order_json()
    values: dict[str, Any] = {
        "value_": json.dumps(body).encode(),
        "key_": str(body["customer_id"]).encode(),
        "offset_": offset,
    }
    return ARecord(**(values | changes))


def a_tick(instant: str, *, offset: int = 0) -> ARecord:
    """Return a tick."""
    return ARecord(None, None, offset, headers_=[("segstream.tick", instant.encode())])


AN_ERASURE_KEY = ErasureKey(b"a secret of 32 characters or more")


def a_marker(customer: str = "C1", *, offset: int = 0, is_lifting: bool = False, **changes: Any) -> ARecord:
    """Return the record that asks for a customer's erasure, or takes it back."""
    header = (UNERASE_HEADER if is_lifting else ERASE_HEADER, AN_ERASURE_KEY.header_of(customer))
    return ARecord(**({"value_": None, "key_": customer.encode(), "offset_": offset, "headers_": [header]} | changes))


def days(number: float) -> int:
    """Return a number of days in microseconds."""
    return round(number * DAY_US)


def a_fact(at: int, order_id: str = "O1", **changes: Any) -> Fact:
    """Return an order as the oracle knows it: one line of 10.00, sent when it was placed."""
    values: dict[str, Any] = {
        "at": at,
        "customer": "C1",
        "order_id": order_id,
        "lines": (("P1", 1, 100_000),),
        "timestamp": at,
    }
    return Fact(**(values | changes))


def a_record_of(fact: Fact, offset: int = 0) -> ARecord:
    """Return the record that a shop, a loader or an operator would have sent for a fact."""
    if not fact.customer:
        return a_tick(rfc3339(fact.at), offset=offset)
    body: dict[str, Any] = {
        "order_id": fact.order_id,
        "customer_id": fact.customer,
        "ordered_at": rfc3339(fact.at),
        "type": "return" if fact.is_return else "order",
        "revision": fact.revision,
        "lines": [
            {"product_id": product, "quantity": quantity, "amount": amount / MONEY_SCALE}
            for product, quantity, amount in fact.lines
        ],
    }
    if fact.returns is not None:
        body["returns"] = fact.returns
    headers: Headers = [("replay", b"true")] if fact.is_history else []
    return a_record(body, offset=offset, timestamp_ms=fact.timestamp // 1_000, headers_=headers)


def a_log(facts: Iterable[Fact]) -> list[ARecord]:
    """Return the records of a partition that hold these facts, from offset 0 on."""
    return [a_record_of(fact, offset) for offset, fact in enumerate(facts)]


def an_entry(fact: Fact) -> Entry:
    """Return a fact as a customer's state holds it."""
    return read_order(a_record_of(fact).value() or b"", "EUR").entry


def a_driver(*, model: SegmentModel | None = None, **changes: Any) -> Driver:
    """Return a partition that has read nothing yet, under rules with these changes."""
    return Driver(Scorer(model or a_model()), rules(**changes))


def a_read_report(**changes: Any) -> ReadReport:
    """Return what is told of a file of which some lines were left out."""
    values: dict[str, Any] = {
        "lines_read": 1_000, "lines_kept": 990, "skipped": {"no_customer": 10}, "orders": 400, "customers": 300,
        "first_us": an_instant("2024-01-01T00:00:00Z"), "last_us": an_instant(NOW),
        "examples": (Example("no_customer", 10, 17, "O17"),),
        "remarks": (Example("return", 5, 23, "O23"),),
    }  # fmt: skip
    return ReadReport(**(values | changes))
