"""A trace goes from the producer of an order through the worker's chunk to the change, and names no customer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stream_app.core.partitioner import Partitioner, partition_of
from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import HOST, free_ports
from stream_app.local.valkey import LocalRedis
from stream_app.worker.spans import APPLY, COMMIT, FOLD, LOAD, MOST_ORDERS
from tests.builders import an_order_json
from tests.integration.collector import Collector, Seen, a_collector
from tests.integration.deployment import Deployment
from tests.integration.reading import read_all
from tests.integration.shop import Sent
from tests.shop_files import COLUMNS, a_file

PARTITIONS = 2
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RECORDED = f"00-{TRACE}-{PARENT}-01".encode()
UNRECORDED = b"00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-00"
WORKER, LOADER = "the-worker", "the-loader"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with a_collector() as found:
        yield found


@pytest.fixture
def deployment(kafka: LocalKafka, valkey: LocalRedis, tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(kafka, valkey, tmp_path, chunk_records=1_000) as found:
        yield found.create(PARTITIONS)


def an_order_of(customer: str, *headers: tuple[str, bytes]) -> Sent:
    partition = partition_of(customer.encode(), PARTITIONS, Partitioner.MURMUR2)
    assert partition is not None
    value = json.dumps(an_order_json(customer_id=customer, order_id=f"of {customer}")).encode()
    return Sent(partition, customer.encode(), value, list(headers))


def headers_of_changes(deployment: Deployment) -> dict[str, dict[str, bytes | None]]:
    """Return the headers of each customer's change."""
    topic = deployment.topics.changes
    records = read_all(deployment.settings, [topic], PARTITIONS)[topic]
    return {(key or b"").decode(): dict(headers) for found in records for _, key, _, headers in found}


def run_worker(deployment: Deployment, endpoint: str) -> None:
    deployment.run_to_end(otel_exporter_otlp_endpoint=endpoint, otel_service_name=WORKER)


def chunks_in(collector: Collector, deployment: Deployment) -> list[Seen]:
    found = collector.of(WORKER, f"process {deployment.topics.orders}")
    return [span for span in found if not span.parent]


def test_a_change_carries_the_trace_of_its_order_and_a_chunk_is_one_span_with_its_stages(
    deployment: Deployment, collector: Collector
) -> None:
    plain = [an_order_of(f"quiet-{n}") for n in range(20)]
    deployment.send(
        [
            *plain,
            an_order_of("recorded", ("traceparent", RECORDED)),
            an_order_of("event", ("ce_specversion", b"1.0"), ("ce_traceparent", RECORDED)),
            an_order_of("unrecorded", ("traceparent", UNRECORDED)),
            an_order_of("forged", ("traceparent", RECORDED + b"\r\nx: y")),
        ]
    )

    run_worker(deployment, collector.url)

    carried = {
        customer: (headers.get("traceparent"), headers.get("ce_traceparent"))
        for customer, headers in headers_of_changes(deployment).items()
    }
    traced = {"recorded": RECORDED, "event": RECORDED, "unrecorded": UNRECORDED}
    assert carried == {
        customer: (traced.get(customer), traced.get(customer))
        for customer in [sent.key.decode() for sent in plain if sent.key]
        + ["recorded", "event", "unrecorded", "forged"]
    }
    chunks = chunks_in(collector, deployment)
    assert sum(span.facts["messaging.batch.message_count"] for span in chunks) == 24
    assert sum(span.facts["segstream.changes"] for span in chunks) == 24
    assert {span.facts["messaging.destination.partition.id"] for span in chunks} == {"0", "1"}
    for chunk in chunks:
        stages = collector.below(chunk)
        assert stages.keys() == {LOAD, FOLD, COMMIT, APPLY}
        assert all(chunk.began <= stage.began <= stage.ended <= chunk.ended for stage in stages.values())
        assert stages[FOLD].ended <= stages[COMMIT].ended <= stages[APPLY].began
    followed = [span for span in collector.spans if span.parent == PARENT]
    assert {span.trace for span in followed} == {TRACE}
    assert len(followed) == 2
    assert {link for span in followed for link in span.links} <= {(chunk.trace, chunk.id) for chunk in chunks}
    assert {link for chunk in chunks for link in chunk.links} == {(TRACE, PARENT)}
    assert len(collector.spans) == len(chunks) * 5 + 2


def test_what_is_loaded_is_one_trace_up_to_its_changes_and_no_span_names_a_customer(
    deployment: Deployment, collector: Collector, tmp_path: Path
) -> None:
    lines = [f"o{n},whoever-{n},p{n % 7},{1 + n % 5},{1 + n},2026-01-05" for n in range(300)]
    columns = ",".join(f"{ours}={theirs}" for ours, theirs in COLUMNS.items())
    loader = deployment.terminal(otel_exporter_otlp_endpoint=None, otel_service_name=LOADER)
    words = ("load", str(a_file(tmp_path, lines)), "--columns", columns)

    # The name that OpenTelemetry gives the setting everywhere.
    loaded = loader.run(*words, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    run_worker(deployment, collector.url)

    assert loaded.returncode == 0, loaded.stderr
    (sent,) = collector.of(LOADER, f"send {deployment.topics.orders}")
    changes = headers_of_changes(deployment)
    assert len(changes) == 300
    (traceparent,) = {headers["traceparent"] for headers in changes.values()}
    assert traceparent is not None
    assert traceparent.startswith(f"00-{sent.trace}-{sent.id}-".encode())
    followed = [span for span in collector.spans if span.parent == sent.id]
    chunks = chunks_in(collector, deployment)
    assert {span.trace for span in followed} == {sent.trace}
    for chunk in chunks:
        orders = chunk.facts["messaging.batch.message_count"]
        assert sum((chunk.trace, chunk.id) in span.links for span in followed) == min(MOST_ORDERS, orders)
    assert {link for chunk in chunks for link in chunk.links} == {(sent.trace, sent.id)}
    assert b"whoever" not in b"".join(collector.raw)
    assert collector.paths == {"/v1/traces"}


def test_a_collector_that_is_away_holds_up_neither_orders_nor_the_end(deployment: Deployment) -> None:
    deployment.send([an_order_of(f"C{n}", ("traceparent", RECORDED)) for n in range(50)])

    run_worker(deployment, f"http://{HOST}:{free_ports(1)[0]}")

    assert {headers["traceparent"] for headers in headers_of_changes(deployment).values()} == {RECORDED}


def test_without_an_endpoint_a_change_still_carries_the_trace_of_its_order(deployment: Deployment) -> None:
    deployment.send([an_order_of("recorded", ("traceparent", RECORDED)), an_order_of("quiet")])

    deployment.run_to_end()

    found = headers_of_changes(deployment)
    assert found["recorded"]["ce_traceparent"] == RECORDED
    assert "traceparent" not in found["quiet"]
