"""The commands as a new user types them, one after the other, against parts that `segstream local` started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stream_app.local.child import Child
from stream_app.local.ports import free_ports
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


class Terminal:
    """A shell's worth of environment and a working folder."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env

    def run(self, *words: str, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stream_app.cli", *words],
            cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("user")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SEGSTREAM_", "KAFKA_", "REDIS_"))}
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
        env=terminal.env | {"SEGSTREAM_MODEL_URI": str(terminal.folder / "store")},
        stdout=terminal.folder / "worker.out",
    )
    try:
        terminal.ok("load", str(file), "--format", "online-retail", "--history")
        yield terminal
    finally:
        worker.terminate(10)


def test_topics_are_as_they_should_be(shop: Terminal) -> None:
    assert shop.run("topics", "check").stderr == "All topics are as they should be.\n"
    assert shop.run("topics", "create").stderr == "All topics exist already.\n"


def test_history_is_scored_once_and_told_in_words(shop: Terminal) -> None:
    lines = shop.ok("tail", "--from-beginning", "--limit", "60").splitlines()

    assert len(lines) == len({line.split(":")[0] for line in lines}) == 60
    assert all(line.endswith("from history") and "first seen → " in line for line in lines)


def test_changes_can_be_read_as_json(shop: Terminal) -> None:
    (line,) = shop.ok("tail", "--from-beginning", "--limit", "1", "--json").splitlines()

    change = json.loads(line)
    assert change["sequence"] == 1
    assert change["replay"] is True


def test_a_customer_is_described(shop: Terminal) -> None:
    shop.ok("tail", "--from-beginning", "--limit", "60")

    text = shop.ok("customer", "17007")

    assert "17007 is in " in text
    assert "purchases" in text
    assert "Last orders:" in text


def test_a_customer_can_be_looked_at_later(shop: Terminal) -> None:
    shop.ok("tail", "--from-beginning", "--limit", "60")

    later = shop.ok("customer", "17007", "--as-of", "2026-06-01T00:00:00Z")

    assert "no purchase in the window" in later


def test_partitions_are_listed(shop: Terminal) -> None:
    shop.ok("tail", "--from-beginning", "--limit", "60")

    lines = shop.ok("partitions", "list").splitlines()

    assert len(lines) == 2
    assert all("running" in line and "2024-" in line for line in lines)


def test_a_second_promotion_is_refused_with_what_to_do(shop: Terminal) -> None:
    done = shop.run("train", "shop.csv", "--format", "online-retail", "--k", "2", "--promote")

    assert done.returncode == 1
    assert "MODEL_LIVE" in done.stderr
    assert "SEGSTREAM_TOPIC_PREFIX" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["customer", "nobody"], 1, "Nobody has the id nobody."),
        (["tick", "--to", "tomorrow"], 2, "Write it like 2026-01-31T00:00:00Z."),
        (["load", "missing.csv", "--format", "online-retail"], 2, "missing.csv"),
        (["load", "shop.csv", "--format", "sumo"], 2, "completejourney"),
        (["train", "shop.csv", "--format", "online-retail", "--window-days", "0"], 2, "window_days"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_mistakes_are_answered_in_a_sentence(shop: Terminal, words: list[str], code: int, said: str) -> None:
    done = shop.run(*words)

    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_help_is_fast(terminal: Terminal) -> None:
    terminal.ok("--help")

    started = psutil.Process().cpu_times()
    terminal.ok("--help")
    ended = psutil.Process().cpu_times()

    assert ended.children_user + ended.children_system - started.children_user - started.children_system < 0.6


ENDS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT] if os.environ.get("SEGSTREAM_PROVE") else [signal.SIGKILL]


@pytest.mark.parametrize("end", ENDS)
def test_the_demo_leaves_nothing_behind(tmp_path: Path, end: signal.Signals) -> None:
    command = [sys.executable, "-m", "stream_app.cli", "demo", "--households", "20", "--rate", "5"]
    with (tmp_path / "demo.out").open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as demo:
        try:
            wait_for("the demo streams", lambda: "orders sent" in (tmp_path / "demo.out").read_text())
            family = psutil.Process(demo.pid).children(recursive=True)
            assert len(family) >= 3

            demo.send_signal(end)

            assert demo.wait(30) == (-9 if end is signal.SIGKILL else 0)
        finally:
            demo.kill()
    wait_for("all are gone", lambda: not any(p.is_running() and p.status() != "zombie" for p in family), 20)


def test_the_demo_ends_with_the_data(tmp_path: Path) -> None:
    done = Terminal(tmp_path, dict(os.environ)).run("demo", "--until-done", "--households", "30", seconds=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "live baskets are processed" in done.stdout
    assert "Changes: " in done.stdout
