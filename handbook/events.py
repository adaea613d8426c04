"""The fields of what crosses the topics, from the JSON Schemas and asyncapi.yaml of the contract."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import yaml  # type: ignore[import-untyped]

from handbook.table import table
from stream_app.contract.schemas import FOLDER

Schema = dict[str, Any]

_TYPES = {
    "integer": "whole number",
    "number": "number",
    "string": "text",
    "boolean": "true or false",
    "array": "list",
    "null": "null",
}


def fields_of(schema: Schema) -> str:
    """Return a table of an object's fields; nested objects are named, and described beside it."""
    required = schema.get("required", [])
    rows = [
        (f"`{name}`", _type_of(field), "yes" if name in required else "", _meaning(field))
        for name, field in schema["properties"].items()
    ]
    return table(("Name", "Type", "Required", "Meaning"), rows)


def _meaning(field: Schema) -> str:
    default = field.get("default")
    text = str(field.get("description", ""))
    return text if default is None else f"{text} `{default}` by default."


def _type_of(field: Schema) -> str:
    if "$ref" in field:
        return _name_of(field["$ref"])
    if "anyOf" in field:
        return " or ".join(_type_of(choice) for choice in field["anyOf"])
    if "enum" in field or "const" in field:
        return ", ".join(f"`{value}`" for value in field.get("enum", [field.get("const")]))
    if field["type"] == "array":
        return f"list of {_type_of(field['items'])}"
    if isinstance(field["type"], list):
        return " or ".join("null" if each == "null" else _TYPES[each] for each in field["type"])
    return "RFC 3339 time" if field.get("format") == "date-time" else _TYPES[field["type"]]


def _name_of(reference: str) -> str:
    name = reference.rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def _schema(file: str, definition: str = "") -> Schema:
    schema: Schema = json.loads((FOLDER / file).read_text(encoding="utf-8"))
    return schema["definitions"][definition] if definition else schema


def _async(name: str) -> Schema:
    document = yaml.safe_load((FOLDER.parent / "asyncapi.yaml").read_text(encoding="utf-8"))
    found: Schema = document["components"]["schemas"][name]
    return found


def _published(file: str, definition: str = "") -> str:
    return fields_of(_schema(file, definition))


def _documented(name: str) -> str:
    return fields_of(_async(name))


PARTS: Mapping[str, Callable[[], str]] = {
    "order": partial(_published, "order.v1.json"),
    "line": partial(_published, "order.v1.json", "Line"),
    "change": partial(_published, "segment-change.v1.json"),
    "segment-name": partial(_published, "segment-change.v1.json", "SegmentName"),
    "features-pair": partial(_published, "segment-change.v1.json", "FeaturesPair"),
    "features": partial(_published, "segment-change.v1.json", "Features"),
    "source": partial(_published, "segment-change.v1.json", "Source"),
    "dead-letter-headers": partial(_published, "dead-letter-headers.v1.json"),
    "mark-headers": partial(_documented, "markHeaders"),
    "order-headers": partial(_documented, "orderHeaders"),
    "tick-headers": partial(_documented, "tickHeaders"),
    "change-headers": partial(_documented, "changeHeaders"),
    "promote": partial(_documented, "promote"),
    "resume": partial(_documented, "resume"),
    "skip": partial(_documented, "skip"),
    "marker-headers": partial(_documented, "markerHeaders"),
    "erase": partial(_documented, "erase"),
    "unerase": partial(_documented, "unerase"),
    "replay": partial(_documented, "replay"),
    "window-swap": partial(_documented, "window_swap"),
    "moved": partial(_documented, "moved"),
}
