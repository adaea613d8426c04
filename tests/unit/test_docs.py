"""The reference pages name every setting, metric and reason code that the code has, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase
from pydantic import SecretStr

from stream_app import metrics
from stream_app.contract.dead_letter import Code
from stream_app.settings import Settings, variable_of
from stream_app.settings_sources import FROM_FILES
from stream_app.worker import lane, meta

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
PACKAGES = ("stream_app", "model_store", "trainer")
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]


def first_cells(page: str) -> list[tuple[str, list[str]]]:
    """Return, for each table row that begins with a name in backticks, the name and the other cells."""
    rows = []
    for line in (REFERENCE / page).read_text().splitlines():
        found = re.match(r"\| `([^`]+)` \|(.*)\|$", line)
        if found:
            rows.append((found[1], [cell.strip() for cell in found[2].split("|")]))
    return rows


def setting_names() -> dict[str, object]:
    """Return every setting's environment name and its default."""
    names: dict[str, object] = {}
    for name, field in Settings.model_fields.items():
        names[variable_of(name)] = field.default
    return names


def default_words(name: str, default: object) -> str:
    """Return a default as the page shows it."""
    if name == "SEGSTREAM_INSTANCE_ID":
        return "`<host>-0`"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return {"None": "unset", "": "empty"}.get(str(default), f"`{default}`")


def metric_names() -> set[str]:
    """Return every metric's name as Prometheus shows it."""
    found = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    return {metric._name + ("_total" if isinstance(metric, Counter) else "") for metric in found}


def codes_in_source() -> Iterator[str]:
    """Yield every reason code: of dead letters, of pauses, of the meta record's checks, and each literal code."""
    yield from (code.value for code in Code)
    yield from (lane.BREAKER, lane.CORRUPT_BATCH, lane.HELD, lane.MARKER_KEY)
    yield from meta._CODES.values()
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call):
                    yield from _codes_of(node)


def _codes_of(call: ast.Call) -> Iterator[str]:
    named = [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    if isinstance(call.func, ast.Name) and call.func.id == "refused":
        named += call.args[:1]
    if isinstance(call.func, ast.Name) and call.func.id == "Problem":
        named += call.args[1:2]
    yield from (str(value.value) for value in named if isinstance(value, ast.Constant) and value.value)


def test_settings_page_lists_the_settings() -> None:
    listed = [name for name, _ in first_cells("settings.md")]

    assert len(listed) == len(set(listed))
    assert set(listed) == set(setting_names())


def test_settings_page_shows_the_defaults() -> None:
    listed = {name: cells[0] for name, cells in first_cells("settings.md")}

    assert listed == {name: default_words(name, default) for name, default in setting_names().items()}


def test_no_page_names_a_setting_that_does_not_exist() -> None:
    known = set()
    for name in Settings.model_fields:
        known |= {variable_of(name), f"SEGSTREAM_{name.upper()}"}
    known |= {"SEGSTREAM_PROVE", "SEGSTREAM_UCI_PARQUET"}  # read by the tests
    known |= {f"{variable_of(field)}_FILE" for field in FROM_FILES}
    codes = set(codes_in_source())

    for page in PAGES:
        named = set(re.findall(r"`((?:SEGSTREAM|KAFKA|REDIS)_[A-Z_]+[A-Z])`", page.read_text()))
        assert named - codes <= known, page.name


def test_metrics_page_lists_the_metrics() -> None:
    listed = [name for name, cells in first_cells("metrics.md") if cells[0] in {"counter", "gauge", "histogram"}]

    assert len(listed) == len(set(listed))
    assert set(listed) == metric_names()


def test_metrics_page_shows_types_and_labels() -> None:
    listed = {name: tuple(cells[:2]) for name, cells in first_cells("metrics.md") if len(cells) > 2}

    expected = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            name = metric._name + ("_total" if isinstance(metric, Counter) else "")
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)
            expected[name] = (type(metric).__name__.lower(), labels)
    assert listed == expected


def test_reason_codes_page_lists_the_codes_with_cause_and_mend() -> None:
    listed = first_cells("reason-codes.md")
    names = [name for name, _ in listed]

    assert len(names) == len(set(names))
    assert set(names) == set(codes_in_source())
    for name, cells in listed:
        assert len(cells) == 2, name
        assert all(cells), name


def test_decisions_are_numbered_without_a_gap_and_short() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))

    assert [file.name[:4] for file in decisions] == [f"{number:04d}" for number in range(1, len(decisions) + 1)]
    for file in decisions:
        text = file.read_text()
        assert len(text.splitlines()) <= 40, file.name
        assert re.findall(r"^## (\w+)", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], file.name
