"""The contract's JSON Schemas, generated from the models: `python -m stream_app.contract.schemas` writes the files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from stream_app.contract.change_record import CHANGE_SCHEMA
from stream_app.contract.dead_letter import CODE_HEADER, CONNECT, CUT_HEADER, RECORD_CUT_HEADER, VERSION_HEADER, Code
from stream_app.contract.order import MAX_AMOUNT, Order
from stream_app.contract.segment_change import SegmentChange

FOLDER = Path(__file__).with_name("schemas")
BASE = CHANGE_SCHEMA.rpartition("/")[0]
DRAFT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def schemas() -> dict[str, Schema]:
    """Return every schema by file name, in keywords that mean the same in draft 2020-12 and draft-07."""
    return {
        "order.v1.json": _published("order.v1.json", _order()),
        "segment-change.v1.json": _published("segment-change.v1.json", _of(SegmentChange)),
        "dead-letter-headers.v1.json": _published("dead-letter-headers.v1.json", _dead_letter_headers()),
    }


def _published(name: str, schema: Schema) -> Schema:
    return {"$schema": DRAFT, "$id": f"{BASE}/{name}", **schema}


def _of(model: type[BaseModel]) -> Schema:
    """Return a model's schema; AsyncAPI reads draft-07, which looks for `definitions` and not for `$defs`."""
    schema = model.model_json_schema(ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs", {})
    return {**schema, "definitions": definitions} if definitions else schema


def _order() -> Schema:
    """Return the order's schema with the limits that the model checks in code."""
    schema = _of(Order)
    line = schema["definitions"]["Line"]
    for money in ("unit_price", "amount"):
        line["properties"][money] |= {"minimum": 0, "maximum": MAX_AMOUNT}
    for count in (line["properties"]["quantity"], schema["properties"]["revision"]):
        count["maximum"] = MAX_AMOUNT
    line["anyOf"] = [{"required": ["amount"]}, {"required": ["unit_price"]}]
    return schema


def _dead_letter_headers() -> Schema:
    """Return the schema of a dead letter's headers, each read as UTF-8 text; the order's own stand beside them."""
    text: Schema = {"type": "string"}
    number: Schema = {"type": "string", "pattern": "^[0-9]+$"}
    ours: dict[str, Schema] = {
        f"{CONNECT}topic": text | {"description": "The topic that the order came from."},
        f"{CONNECT}partition": number | {"description": "Its partition, in decimal digits."},
        f"{CONNECT}offset": number | {"description": "Its offset, in decimal digits."},
        f"{CONNECT}stage": text | {"description": "Always VALUE_CONVERTER."},
        f"{CONNECT}exception.class.name": text | {"description": "Always Refused."},
        f"{CONNECT}exception.message": text | {"description": "Names fields and limits, never a value."},
        CODE_HEADER: text | {"enum": [code.value for code in Code], "description": "The reason code."},
        VERSION_HEADER: text | {"description": "The release that refused the order."},
    }
    cut = text | {"enum": ["true"], "description": "Present when the order had more headers than were kept."}
    record_cut = text | {
        "enum": ["true"],
        "description": "Present when only the first 64 KiB of key and value were kept.",
    }
    return {
        "title": "DeadLetterHeaders",
        "description": "Why an order was parked, under the header names of Kafka Connect.",
        "type": "object",
        "properties": ours | {CUT_HEADER: cut, RECORD_CUT_HEADER: record_cut},
        "required": list(ours),
    }


def encode(schema: Schema) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every schema file."""
    FOLDER.mkdir(exist_ok=True)
    for name, schema in schemas().items():
        (FOLDER / name).write_text(encode(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
