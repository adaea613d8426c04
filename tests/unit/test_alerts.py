"""Every alert is one that Prometheus understands, that fires when it must, and that somebody can act on."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.metrics import MetricWrapperBase

from stream_app import metrics
from tests.system_tools import system_tool

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
CASES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())["tests"]
OURS = re.compile(r"\b(?:segstream|kafka|http)_[a-z_]+")
CHECKS = [("check", "rules", "alerts.yml"), ("check", "config", "prometheus.yml"), ("test", "rules", "alerts.test.yml")]
RUNBOOK = "https://segstream.dev/runbook/#"


def known_names() -> set[str]:
    """Return every series that our services publish."""
    found = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    return {name for metric in found for name in series_of(metric)}


def series_of(metric: MetricWrapperBase) -> set[str]:
    name = metric.describe()[0].name
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
    return {name + suffix for suffix in suffixes.get(metric._type, [""])}


def promtool(*arguments: str, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    tool = system_tool("promtool", "usr/bin/promtool")
    return subprocess.run([tool, *arguments], check=False, cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("arguments", CHECKS, ids=" ".join)
def test_prometheus_own_tool_is_content(arguments: tuple[str, ...]) -> None:
    done = promtool(*arguments)

    assert done.returncode == 0, done.stdout + done.stderr


def test_an_alert_that_cannot_fire_is_found(tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    broken = (FOLDER / "alerts.yml").read_text().replace("segstream_timer_lateness_seconds > 300", "vector(0) > 300")
    (tmp_path / "alerts.yml").write_text(broken)

    done = promtool("test", "rules", "alerts.test.yml", folder=tmp_path)

    assert done.returncode != 0
    assert "SegstreamTimersLate" in done.stdout + done.stderr


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alert_says_how_bad_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    notes = rule["annotations"]

    assert rule["labels"]["severity"] in {"warning", "critical"}
    assert notes["summary"]
    assert notes["description"]
    assert notes["runbook_url"] == RUNBOOK + rule["alert"].lower()
    assert rule["alert"] in headings


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alert_asks_for_series_that_exist(rule: dict[str, Any]) -> None:
    assert set(OURS.findall(re.sub(r'"[^"]*"', "", rule["expr"]))) <= known_names()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(rule: dict[str, Any]) -> None:
    mine = [case["name"] for case in CASES if case["name"].split()[0] == rule["alert"]]

    assert any(name.endswith("fires") for name in mine)
    assert any(name.endswith("is silent") for name in mine)


def test_every_section_of_the_runbook_belongs_to_an_alert() -> None:
    headings = re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)

    assert headings == [rule["alert"] for rule in RULES]
