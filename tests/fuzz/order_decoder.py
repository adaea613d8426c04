"""Atheris on what reads a record: any bytes become an order or a refusal with a reason, and nothing else is raised.

`make fuzz` gives it 1,000,000 inputs, led by the branches that they reach. Findings lie in build/fuzz.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found]

with atheris.instrument_imports(include=["stream_app", "model_store"]):
    from stream_app.contract.dead_letter import Code, Refusal
    from stream_app.core.inbound import Tick, read_record
    from stream_app.core.order import Order
    from tests.builders import ARecord, an_order_json, rules

RULES = rules()
FOLDER = Path(__file__).parents[2] / "build" / "fuzz"
PIECES = [
    *(f'"{name}":' for name in ("order_id", "customer_id", "ordered_at", "lines", "type", "returns", "revision")),
    *(f'"{name}":' for name in ("currency", "product_id", "quantity", "unit_price", "amount")),
    "null", "true", "NaN", "1e400", "-0", "[[", "]]", "{}", "\\ud800", "\\u0000", "2025-01-01T00:00:00Z", "return",
]  # fmt: skip
"""What mutations put in besides single bytes."""


def read_one(data: bytes) -> None:
    """Read the bytes as a record's value, or their beginning as its key; raises for an answer that is none."""
    key = data[: data[0]] if data and data[0] < 32 else b"C1"
    got = read_record(ARecord(data[len(key) if key != b"C1" else 0 :], key), 0, (), RULES)
    assert isinstance(got.meaning, Order | Tick | Refusal)
    assert not isinstance(got.meaning, Refusal) or (got.meaning.code in Code and got.meaning.reason)


def main() -> None:
    """Write a few orders to begin with, and run until the inputs are used up."""
    seeds, pieces = FOLDER / "seeds", FOLDER / "pieces.txt"
    seeds.mkdir(parents=True, exist_ok=True)
    pieces.write_text("".join(f"{json.dumps(piece)}\n" for piece in PIECES))
    orders = [an_order_json(), an_order_json(type="return", returns="O0"), an_order_json(lines=[], revision=3)]
    for number, order in enumerate(orders):
        (seeds / f"order-{number}.json").write_text(json.dumps(order))
    options = ["-max_len=4096", f"-dict={pieces}", f"-artifact_prefix={FOLDER}/"]
    atheris.Setup([*sys.argv, *options, str(seeds)], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
