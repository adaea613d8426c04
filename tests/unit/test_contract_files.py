"""The contract's files say what the code does: schemas, asyncapi.yaml, and every reference between them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from model_store.scoring import Scorer
from stream_app.contract.change_record import CHANGE_SCHEMA
from stream_app.contract.control import (
    ControlRecord,
    Erasure,
    GiveUp,
    Hold,
    Promotion,
    Replay,
    Resume,
    Skip,
    Swap,
    Unerasure,
    WindowSwap,
    encode_control,
)
from stream_app.contract.dead_letter import KEPT_HEADERS, Code, Refusal, letter_headers
from stream_app.contract.order import Order
from stream_app.contract.schemas import FOLDER, encode, schemas
from stream_app.contract.segment_change import ChangeMessage
from stream_app.contract.topics import Topics
from stream_app.core.announcement import Announcement
from stream_app.core.inbound import Traces
from stream_app.core.outcome import Progress
from stream_app.core.pipeline import Chunk, read_chunk
from tests import builders

CONTRACT = FOLDER.parent
ASYNCAPI: dict[str, Any] = yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text())
SUBSET = json.loads((Path(__file__).parents[1] / "data" / "asyncapi-3.0-subset.json").read_text())

SHARED_KEYWORDS = {
    *("$schema", "$id", "$ref", "definitions", "title", "description", "default", "type", "enum", "format"),
    *("properties", "required", "additionalProperties", "items", "maxItems", "anyOf"),
    *("minimum", "maximum", "minLength", "maxLength", "pattern"),
}
"""Keywords with one meaning in draft-07 and in draft 2020-12."""


TRACEPARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def changes(*headers: tuple[str, bytes]) -> list[Announcement]:
    """Return what two orders of a new customer and a year without any lead to; the first has these headers."""
    rules, progress = builders.rules(), Progress(0)
    records = [
        builders.a_record(builders.an_order_json(), offset=0, headers_=list(headers)),
        builders.a_record(
            builders.an_order_json(
                order_id="O2",
                lines=[{"product_id": f"P{n}", "quantity": 3, "amount": 99.95} for n in range(60)],
            ),
            offset=1,
        ),
        builders.a_tick("2026-07-01T00:00:00Z", offset=2),
    ]
    chunk = Chunk(progress, {}, Scorer(builders.a_model()), rules)
    traces: Traces = {}
    chunk.process(read_chunk(records, 0, {}, rules, traces))
    chunk.fire(["C1"])
    chunk.announce(traces)
    return chunk.outcome.changes


@pytest.mark.parametrize("name", sorted(schemas()))
def test_committed_schema_is_the_generated_one(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == encode(schemas()[name]), (
        "run: python -m stream_app.contract.schemas"
    )


def test_no_other_file_lies_among_the_schemas() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(schemas())


@pytest.mark.parametrize("schema", schemas().values(), ids=list(schemas()))
def test_schemas_mean_the_same_in_both_drafts(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    Draft7Validator.check_schema({**schema, "$schema": "http://json-schema.org/draft-07/schema#"})

    assert set(keywords(schema)) <= SHARED_KEYWORDS


def test_the_schema_that_changes_name_in_a_header_is_published() -> None:
    assert schemas()["segment-change.v1.json"]["$id"] == CHANGE_SCHEMA


def test_published_changes_satisfy_their_schema() -> None:
    published = changes()

    assert json.loads(published[0].value)["cause"] == "order"
    assert json.loads(published[-1].value)["to"] is None
    for change in published:
        assert_valid(json.loads(change.value), schemas()["segment-change.v1.json"])


def test_change_headers_satisfy_the_asyncapi_schema() -> None:
    for change in changes():
        headers = {name: text_of(value) for name, value in change.headers}

        assert_valid(headers, ASYNCAPI["components"]["schemas"]["changeHeaders"])
        assert set(headers) == set(ASYNCAPI["components"]["schemas"]["changeHeaders"]["required"])


def test_the_change_of_a_traced_order_has_every_header_of_the_asyncapi_schema_and_the_others_have_no_trace() -> None:
    first, *others = changes(("traceparent", TRACEPARENT))

    headers = {name: text_of(value) for name, value in first.headers}

    assert_valid(headers, ASYNCAPI["components"]["schemas"]["changeHeaders"])
    assert set(headers) == set(ASYNCAPI["components"]["schemas"]["changeHeaders"]["properties"])
    assert others
    assert not [name for change in others for name, _ in change.headers if "trace" in name]


@pytest.mark.parametrize("own", [0, KEPT_HEADERS + 1])
def test_dead_letter_headers_satisfy_their_schema(own: int) -> None:
    refusal = Refusal(Code.NOT_JSON, "the value is not JSON")

    headers = letter_headers(refusal, [("h", b"v")] * own, topic="orders.v1", partition=3, offset=7, version="0.1.0")

    texts = {name: text_of(value) for name, value in headers}
    assert_valid(texts, schemas()["dead-letter-headers.v1.json"])
    unlisted = set(texts) - {"h"} - set(schemas()["dead-letter-headers.v1.json"]["properties"])
    assert unlisted == set()


@pytest.mark.parametrize(
    "broken",
    [
        {"order_id": ""},
        {"ordered_at": 5},
        {"type": "refund"},
        {"revision": -1},
        {"lines": [{"product_id": "P1", "quantity": 1}]},
        {"lines": [{"product_id": "P1", "quantity": -1, "amount": 1.0}]},
        {"lines": [{"product_id": "P1", "quantity": 1, "amount": -1.0}]},
    ],
    ids=str,
)
def test_what_the_order_schema_refuses_the_model_refuses_too(broken: dict[str, Any]) -> None:
    order = builders.an_order_json(**broken)

    assert not Draft202012Validator(schemas()["order.v1.json"]).is_valid(order)
    with pytest.raises(ValueError, match=r"."):
        Order.model_validate(order)


def test_asyncapi_has_the_shape_of_asyncapi_3() -> None:
    Draft202012Validator.check_schema(SUBSET)
    assert_valid(ASYNCAPI, SUBSET)


def test_every_reference_of_asyncapi_resolves() -> None:
    references = list(found_references(ASYNCAPI))

    assert len(references) > 20
    for reference in references:
        assert isinstance(resolve(reference), dict), reference


def test_operations_name_messages_of_their_own_channel() -> None:
    for name, operation in ASYNCAPI["operations"].items():
        channel = operation["channel"]["$ref"]
        for message in operation["messages"]:
            assert message["$ref"].startswith(f"{channel}/messages/"), name


def test_channels_are_the_topics_of_the_code() -> None:
    defined = {topic.name: (topic.config, topic.is_partitioned) for topic in Topics().definitions()}

    documented = {}
    for channel in ASYNCAPI["channels"].values():
        binding = channel["bindings"]["kafka"]
        config = {key: as_text(value) for key, value in binding["topicConfiguration"].items()}
        documented[channel["address"]] = (config, binding.get("partitions") != 1)

    assert documented == defined


def test_order_examples_are_orders() -> None:
    for example in ASYNCAPI["components"]["messages"]["order"]["examples"]:
        Order.model_validate(example["payload"])
        assert_valid(example["payload"], schemas()["order.v1.json"])


@pytest.mark.parametrize(
    "record",
    [
        Promotion(
            version="20260101T000000Z-abc", sha256="0" * 64, by="ops", at="2026-01-01T00:00:00Z", window_days=None
        ),
        Resume(partition=3, by="ops", why="the shop mended its export", at="2026-01-01T00:00:00Z"),
        Skip(partition=3, to_offset=17, by="ops", why="a broken batch", at="2026-01-01T00:00:00Z"),
        Erasure(
            hash="0" * 64, key="a" * 16, partition=3, partitions=12, by="ops", why="asked", at="2026-01-01T00:00:00Z"
        ),
        Unerasure(hash="0" * 64, key="a" * 16, by="ops", why="asked", at="2026-01-01T00:00:00Z"),
        Hold(namespace="check", seconds=30.0, by="ops", at="2026-01-01T00:00:00Z"),
        Swap(
            id=7,
            namespace="check",
            barriers=[9],
            clocks=[-1],
            by="ops",
            at="2026-01-01T00:00:00Z",
            why="a defect was mended",
        ),
        GiveUp(id=7, namespace="check", by="ops", at="2026-01-01T00:00:00Z", why="its Redis is lost"),
        Replay(
            starts=[0],
            ends=[9],
            version="v",
            sha256="0" * 64,
            is_published=False,
            by="ops",
            at="2026-01-01T00:00:00Z",
            window_days=90,
        ),
        WindowSwap(
            id=7,
            namespace="check",
            barriers=[9],
            clocks=[-1],
            by="ops",
            at="2026-01-01T00:00:00Z",
            window_days=None,
            version="v",
            sha256="0" * 64,
        ),
    ],
    ids=lambda record: type(record).__name__,
)
def test_control_records_satisfy_the_asyncapi_schema(record: ControlRecord) -> None:
    written = json.loads(encode_control(record))

    schema = ASYNCAPI["components"]["schemas"][written["type"]]
    assert_valid(written, schema)
    assert set(written) == set(schema["properties"]) >= set(schema["required"])


def test_asyncapi_knows_every_kind_of_control_record() -> None:
    tags = {kind.__struct_config__.tag for kind in ControlRecord.__args__}

    assert tags == set(ASYNCAPI["channels"]["control"]["messages"])


def test_the_written_change_has_the_documented_fields() -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(ChangeMessage)}

    assert fields == set(schemas()["segment-change.v1.json"]["properties"])


def assert_valid(instance: object, schema: dict[str, Any]) -> None:
    """Fail with the first violation."""
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(instance)


def keywords(schema: Any) -> Iterator[str]:
    """Yield the keywords of a schema and of those inside it, leaving out names of properties and definitions."""
    if isinstance(schema, list):
        for item in schema:
            yield from keywords(item)
    if not isinstance(schema, dict):
        return
    for keyword, inner in schema.items():
        yield keyword
        if keyword in {"properties", "definitions"}:
            for named in inner.values():
                yield from keywords(named)
        elif keyword in {"items", "anyOf", "additionalProperties"}:
            yield from keywords(inner)


def found_references(node: Any) -> Iterator[str]:
    """Yield every $ref below a node."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from found_references(item)


def resolve(reference: str) -> Any:
    """Return what a reference points at; raises when it points nowhere."""
    file, _, pointer = reference.partition("#")
    node = json.loads((CONTRACT / file).read_text()) if file else ASYNCAPI
    for part in pointer.strip("/").split("/") if pointer else []:
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def text_of(header: str | bytes | None) -> str:
    """Return a header's value as text."""
    return header.decode() if isinstance(header, bytes) else header or ""


def as_text(value: object) -> str:
    """Return a setting as Kafka's own text."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
