"""The OpenAPI document of the HTTP API, as a file that others can take, and its routes as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from handbook.table import table
from stream_app.api.app import create_app

OPENAPI = Path(__file__).parents[1] / "docs" / "reference" / "openapi.json"


def openapi_json() -> str:
    """Return the document as the API serves it, to be read by people too."""
    return json.dumps(_document(), indent=2, ensure_ascii=False) + "\n"


def route_table() -> str:
    """Return what can be asked: method, address and promise."""
    rows = [
        (f"`{method.upper()} {path}`", operation["description"].split("\n")[0])
        for path, methods in _document()["paths"].items()
        for method, operation in methods.items()
    ]
    return "\n" + table(("Request", "Answer"), rows) + "\n"


def _document() -> dict[str, Any]:
    return create_app(None).openapi()
