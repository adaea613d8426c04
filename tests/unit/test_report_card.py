"""The model card: front matter that a YAML parser reads, and the same facts as the report."""

from __future__ import annotations

from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from typer.testing import CliRunner

from stream_app.cli import app
from stream_app.core.errors import UsageError
from tests.unit.test_report_page import HOSTILE, a_trained_model, pages
from trainer.report.card import plain


def front_matter(card: str) -> dict[str, Any]:
    _, head, _ = card.split("---\n", 2)
    found = yaml.safe_load(head)
    assert isinstance(found, dict)
    return found


def test_the_front_matter_says_what_a_hub_looks_for() -> None:
    _, card = pages(a_trained_model())

    head = front_matter(card)

    assert head["license"] == "unknown"
    assert head["library_name"] == "segstream"
    assert "rfm" in head["tags"]
    (result,) = head["model-index"][0]["results"]
    assert result["dataset"]["name"] == "orders.csv"
    assert {m["type"]: m["value"] for m in result["metrics"]}["silhouette"] == pytest.approx(0.4)
    assert [m["type"] for m in result["metrics"]] == head["metrics"]


def test_a_licence_that_was_given_is_stated() -> None:
    _, card = pages(a_trained_model(training={"license": "cc-by-4.0"}))

    assert front_matter(card)["license"] == "cc-by-4.0"
    assert "`cc-by-4.0`" in card
    assert "unknown" not in card


def test_a_licence_that_would_break_the_front_matter_is_refused_before_anything_is_read() -> None:
    done = CliRunner().invoke(app, ["train", "no-such-file.csv", "--license", "mit\ntags: x"])

    assert isinstance(done.exception, UsageError)
    assert "is no identifier of a licence" in done.exception.cause


@pytest.mark.parametrize("name", [HOSTILE, "a: b # c", "'\"\n---\nlicense: mit", "{{ x }}", "%&*!|>@`"])
def test_no_file_name_can_break_the_front_matter(name: str) -> None:
    _, card = pages(a_trained_model(training={"data": name}))

    head = front_matter(card)

    assert head["license"] == "unknown"
    assert len(head["model-index"]) == 1


def test_tables_have_as_many_cells_in_every_row() -> None:
    _, card = pages(a_trained_model(training={"data": "a|b"}))

    rows = [line for line in card.splitlines() if line.startswith("|")]
    heads = [n for n, row in enumerate(rows) if set(row) <= set("|-:")]
    assert len(heads) >= 3
    for n in heads:
        assert rows[n].count("|") == rows[n - 1].count("|") == rows[n + 1].count("|")


def test_text_on_a_card_is_text() -> None:
    assert plain("<b>\n*x* | `y`") == r"\<b\> \*x\* \| \`y\`"
