"""Customer ids that are replaced at the edge: nobody who reads Kafka learns the real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from stream_app.cli import app
from stream_app.core.errors import UsageError
from stream_app.privacy.pseudonym import Pseudonyms
from stream_app.settings import load_settings

KEY = "a secret for pseudonyms, long enough"
FILE = """\
order_id,customer_id,product_id,quantity,unit_price,ordered_at
O1,anna@example.com,P1,1,2.50,2025-01-01 10:00
O2,bert@example.com,P1,1,2.50,2025-01-02 10:00
O3,anna@example.com,P2,2,1.00,2025-01-03 10:00
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SEGSTREAM_PSEUDONYM_KEY", raising=False)
    file = tmp_path / "orders.csv"
    file.write_text(FILE)
    return file


def run(*words: str, key: str | None = KEY) -> Any:
    return CliRunner().invoke(app, list(words), env={"SEGSTREAM_PSEUDONYM_KEY": key})


def test_a_load_sends_pseudonyms_in_place_of_ids(shop: Path) -> None:
    done = run("load", str(shop), "--dry-run", "--json", "--hash-customer-id")

    assert done.exit_code == 0, done.output
    orders = json.loads(done.stdout)["first_orders"]
    ids = [order["customer_id"] for order in orders]
    assert [order["order_id"] for order in orders] == ["O1", "O2", "O3"]
    assert ids[0] == ids[2] != ids[1]
    assert ids[0] == run("pseudonym", "anna@example.com").stdout.strip()
    assert "example.com" not in json.dumps(orders)


def test_without_the_key_nothing_is_read_or_sent(shop: Path) -> None:
    done = run("load", str(shop), "--dry-run", "--hash-customer-id", key=None)

    assert isinstance(done.exception, UsageError)
    assert done.exception.code == "PSEUDONYM_KEY"


def test_another_key_gives_other_pseudonyms_and_another_fingerprint() -> None:
    one, other = (Pseudonyms(load_settings(pseudonym_key=key)) for key in (KEY, KEY + "!"))

    assert one.of("anna") != other.of("anna")
    assert one.fingerprint() != other.fingerprint()
    assert len(one.of("anna")) == 64
