"""The commands as a new user types them, one after the other, against parts that `segstream local` started."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stream_app.local.child import Child
from stream_app.local.ports import free_ports
from tests.drawn import parsed
from tests.integration.terminal import Terminal, clean_environment
from tests.integration.waiting import wait_for

SHOP = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
{lines}"""


def a_shop_file(folder: Path) -> Path:
    """Return a CSV with the columns of UCI Online Retail: 60 customers, a year."""
    lines = [
        f"{536000 + day * 10 + n},P{(day * n) % 40},thing,{1 + n % 4},"
        f"2024-{1 + day // 28:02d}-{1 + day % 28:02d} 10:00:00,{1 + day % 7}.25,{17000 + (day * 7 + n * 11) % 60},UK"
        for day in range(330)
        for n in range(3)
    ]
    file = folder / "shop.csv"
    file.write_text(SHOP.format(lines="\n".join(lines)))
    return file


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("user")
    env = clean_environment()
    out = folder / "local.out"
    parts = Child.start([sys.executable, "-m", "stream_app.cli", "local"], env=env, stdout=out)
    try:
        wait_for("the parts answer", lambda: "Ctrl-C stops both" in out.read_text())
        exports = dict(line[7:].split("=", 1) for line in out.read_text().splitlines() if line.startswith("export "))
        yield Terminal(folder, env | exports | {"SEGSTREAM_WEB_PORT": str(free_ports(1)[0])})
    finally:
        parts.terminate(20)


@pytest.fixture(scope="module")
def shop(terminal: Terminal) -> Iterator[Terminal]:
    """A deployment made by the README's commands, with a worker running and history loaded."""
    file = a_shop_file(terminal.folder)
    terminal.ok("topics", "create", "--partitions", "2")
    terminal.ok("train", str(file), "--format", "online-retail", "--k", "3", "--promote")
    worker = Child.start(
        [sys.executable, "-m", "stream_app.cli", "worker"],
        env=terminal.env | {"SEGSTREAM_MODEL_URI": str(terminal.folder / "store"), "SEGSTREAM_CLOCK": "event"},
        stdout=terminal.folder / "worker.out",
    )
    try:
        terminal.ok("load", str(file), "--format", "online-retail", "--history")
        yield terminal
    finally:
        worker.terminate(10)


def test_training_ends_with_the_place_of_its_report(shop: Terminal) -> None:
    # Given a store of its own, since others count the models of the shop's
    apart = {"SEGSTREAM_MODEL_URI": str(shop.folder / "apart")}
    flags = ("--format", "online-retail", "--k", "3", "--champion", "none", "--json")

    trained = shop.run("train", str(shop.folder / "shop.csv"), *flags, **apart)

    *_, last = trained.stderr.splitlines()
    report = Path(last.removeprefix("Charts and limits are in its report: "))
    version = json.loads(trained.stdout)["model"]
    assert (report.name, report.parent.name) == ("report.html", version)
    assert parsed(report.read_text()).tag == "html"
    assert (report.parent / "MODEL_CARD.md").is_file()
    assert str(report) in shop.run("models", "show", version, **apart).stdout


def test_topics_are_as_they_should_be(shop: Terminal) -> None:
    assert shop.run("topics", "check").stderr == "All topics are as they should be.\n"
    assert shop.run("topics", "create").stderr == "All topics exist already.\n"


def test_history_is_scored_once_and_told_in_words(shop: Terminal) -> None:
    lines = shop.ok("tail", "--from", "beginning", "--limit", "60").splitlines()

    assert len(lines) == len({line.split()[1] for line in lines}) == 60
    assert all(line.endswith("from history") and "first seen → " in line for line in lines)


def test_changes_can_be_read_as_json(shop: Terminal) -> None:
    (line,) = shop.ok("tail", "--from", "beginning", "--limit", "1", "--json").splitlines()

    change = json.loads(line)
    assert change["sequence"] == 1
    assert change["replay"] is True


def test_only_the_wanted_changes_are_shown(shop: Terminal) -> None:
    everything = read_changes(shop, "--limit", "60")
    name = everything[0]["to"]["name"]

    by_name = read_changes(shop, "--no-follow", "--segment", name.upper())
    by_cause = read_changes(shop, "--no-follow", "--cause", "aging")
    by_customer = read_changes(shop, "--no-follow", "--customer", "17007", "--customer", "17008")

    assert {change["customer_id"] for change in by_name} == {
        change["customer_id"] for change in everything if change["to"]["name"] == name
    }
    assert {change["cause"] for change in by_cause} <= {"aging"}
    assert {change["customer_id"] for change in by_customer} == {"17007", "17008"}


def test_changes_are_read_from_an_instant_on(shop: Terminal) -> None:
    everything = read_changes(shop, "--limit", "60")

    an_hour = json_lines(shop.ok("tail", "--from", "1h", "--no-follow", "--json"))
    later = json_lines(shop.ok("tail", "--from", "2100-01-01T00:00:00Z", "--no-follow", "--json"))

    assert len(an_hour) >= len(everything) == 60
    assert later == []


def test_a_segment_that_nobody_has_is_told_beside_those_that_there_are(shop: Terminal) -> None:
    done = shop.run("tail", "--from", "2100-01-01T00:00:00Z", "--no-follow", "--segment", "chmpions")

    assert (done.returncode, done.stdout) == (0, "")
    assert "no segment 'chmpions'. It has s1 " in done.stderr


def json_lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def read_changes(shop: Terminal, *words: str) -> list[dict[str, Any]]:
    return json_lines(shop.ok("tail", "--from", "beginning", "--json", *words))


def test_a_customer_is_described(shop: Terminal) -> None:
    shop.ok("tail", "--from", "beginning", "--limit", "60")

    text = shop.ok("customer", "17007")

    assert text.startswith("17007: ")
    assert "purchases  " in text
    assert "Last orders:" in text
    assert "first seen → " in text


def test_a_customer_can_be_read_as_json(shop: Terminal) -> None:
    shop.ok("tail", "--from", "beginning", "--limit", "60")

    (found,) = json_lines(shop.ok("customer", "17007", "--json", "--orders", "2"))

    assert found["standing"] == found["name"] == found["segment_names"][found["segment"]]
    assert found["features"]["frequency"] > 2
    assert found["features"]["monetary"] > 0
    assert len(found["orders"]) == 2
    assert found["history"][-1]["sequence"] == 1


def test_a_customer_can_be_looked_at_later(shop: Terminal) -> None:
    shop.ok("tail", "--from", "beginning", "--limit", "60")

    later = shop.ok("customer", "17007", "--as-of", "2026-06-01T00:00:00Z")

    assert "no purchase in the window" in later


def test_partitions_are_listed(shop: Terminal) -> None:
    shop.ok("tail", "--from", "beginning", "--limit", "60")

    lines = shop.ok("partitions", "list").splitlines()

    assert len(lines) == 2
    assert all("running" in line and "2024-" in line for line in lines)
    (found,) = json_lines(shop.ok("partitions", "list", "--json"))
    assert [status["partition"] for status in found] == [0, 1]
    assert json_lines(shop.ok("topics", "check", "--json")) == [[]]


def test_the_live_model_is_marked_shown_and_renamed(shop: Terminal) -> None:
    [listed] = json.loads(shop.ok("models", "list", "--json"))
    shown = json.loads(shop.ok("models", "show", "--json"))
    version = shop.ok("models", "rename", "s1", "Regular guests").strip()

    assert (listed["is_live"], shown["is_live"]) == (True, True)
    assert shown["model"]["version"] == listed["version"]
    assert f"● {listed['version']}" in shop.ok("models", "list")
    assert "→ Regular guests" in shop.ok("models", "diff", "live", version)
    assert "● live since" in shop.ok("models", "show").splitlines()[0]
