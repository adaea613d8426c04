"""Typical mistakes of a first day: each is answered by what failed, the value seen and what mends it."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stream_app.local.kafka import LocalKafka
from stream_app.local.ports import free_ports
from stream_app.local.valkey import LocalRedis
from tests.integration.terminal import Terminal, clean_environment

SHOP = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,A,thing,1,2025-01-01 10:00:00,1.5,c1,UK
2,B,thing,1,2025-01-02 10:00:00,1.5,c2,UK
"""
RETAIL = ("--format", "online-retail")


@pytest.fixture
def beginner(tmp_path: Path) -> Terminal:
    """A terminal from which neither Kafka nor Redis can be reached."""
    (tmp_path / "shop.csv").write_text(SHOP)
    (tmp_path / "notes.pdf").write_text("nothing\n")
    (tmp_path / "empty.csv").touch()
    kafka, redis = free_ports(2)
    nowhere = {"KAFKA_BOOTSTRAP_SERVERS": f"localhost:{kafka}", "REDIS_URL": f"redis://localhost:{redis}/0"}
    return Terminal(tmp_path, clean_environment() | nowhere)


def answer_of(terminal: Terminal, words: tuple[str, ...], code: int, **env: str) -> str:
    """Return what a command says when it fails; it must be short, and no traceback."""
    done = terminal.run(*words, **env)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "Traceback" not in done.stderr
    assert "%3|" not in done.stderr, "the client's own log lines"
    assert len(done.stderr.splitlines()) <= 8, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("words", "seen", "mend"),
    [
        (("frobnicate",), "No such command 'frobnicate'", "--help"),
        (("train",), "nothing says what to learn from", "--from-topic"),
        (("partitions", "skip", "0", "--to", "5"), "Missing option '--why'", "--help"),
        (("load", "shop.csv", *RETAIL, "--ratee", "5"), "--ratee", "--rate"),
        (("load", "missing.csv", *RETAIL), "missing.csv is not a file", "path"),
        (("load", "notes.pdf", *RETAIL), "notes.pdf", ".csv"),
        (("load", "empty.csv"), "empty.csv is empty", "column names"),
        (("load", "shop.csv", "--format", "sumo"), "'sumo'", "online-retail"),
        (("load", "shop.csv", "--format", "completejourney"), "household_id", "InvoiceNo"),
        (("load", "shop.csv", *RETAIL, "--timezone", "Mars/Olympus"), "'Mars/Olympus'", "Europe/London"),
        (("train", "shop.csv", *RETAIL, "--k", "1"), "1 segments", "from 2"),
        (("train", "shop.csv", *RETAIL, "--k", "many"), "no number of segments", "3-8"),
        (("train", "shop.csv", *RETAIL, "--features", "rf"), "no features to train on", "rfmu"),
        (("train", "shop.csv", *RETAIL, "--gross", "--promote"), "nets returns", "--gross"),
        (("train", "shop.csv", *RETAIL, "--components", "2", "--variance", "0.9"), "both say", "one of them"),
        (("train", "shop.csv", *RETAIL, "--k", "2"), "too few different customers", "fewer segments"),
        (("train", "shop.csv", *RETAIL, "--until", "3"), "fraction", "0.75"),
        (("train", "shop.csv", *RETAIL, "--window-days", "0"), "SEGSTREAM_WINDOW_DAYS is '0'", "settings.md"),
        (("tick", "--to", "tomorrow"), "tomorrow", "2026-01-31T00:00:00Z"),
        (("tail", "--from", "yesterday"), "yesterday", "2026-01-31T00:00:00Z"),
        (("tail", "--cause", "boredom"), "'boredom'", "aging"),
    ],
)  # fmt: skip
def test_a_misused_command_says_what_it_saw_and_how_to_use_it(
    beginner: Terminal, words: tuple[str, ...], seen: str, mend: str
) -> None:
    said = answer_of(beginner, words, 2)

    assert seen in said
    assert mend in said


def test_nobody_waits_for_scikit_learn_to_be_told_of_a_wrong_flag(beginner: Terminal) -> None:
    imported = beginner.run("train", "shop.csv", *RETAIL, "--k", "many", PYTHONPROFILEIMPORTTIME="1").stderr

    assert "no number of segments" in imported
    assert "stream_app.commands.train_file" in imported
    assert "sklearn" not in imported


@pytest.mark.parametrize(
    ("env", "seen"),
    [
        ({"SEGSTREAM_WINDOW_DAYS": "a year"}, "SEGSTREAM_WINDOW_DAYS is 'a year'"),
        ({"REDIS_URL": "localhost:6379"}, "redis://localhost:6379/0"),
        ({"KAFKA_EXTRA": "{broken"}, "KAFKA_EXTRA"),
        ({"SEGSTREAM_CLOCK": "sundial", "SEGSTREAM_WEB_PORT": "99999"}, "SEGSTREAM_WEB_PORT is '99999'"),
    ],
)
def test_wrong_settings_are_all_named_before_anything_starts(
    beginner: Terminal, env: dict[str, str], seen: str
) -> None:
    said = answer_of(beginner, ("worker",), 2, **env)

    assert seen in said
    assert all(name in said for name in env)


def test_a_port_that_another_worker_has_is_named_with_the_setting(beginner: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        said = answer_of(beginner, ("worker", "--web-port", str(port)), 2)

    assert f"127.0.0.1:{port}" in said
    assert "SEGSTREAM_WEB_PORT" in said


def test_a_password_in_a_wrong_setting_is_not_repeated(beginner: Terminal) -> None:
    said = answer_of(beginner, ("customer", "c1"), 2, REDIS_URL="http://:s3cret@host", KAFKA_EXTRA='["s3cret"]')

    assert "REDIS_URL" in said
    assert "KAFKA_EXTRA" in said
    assert "s3cret" not in said


def test_a_kafka_that_is_not_there_is_named_with_its_address(beginner: Terminal) -> None:
    commands = [
        ("tail",),
        ("topics", "create"),
        ("topics", "check"),
        ("partitions", "resume", "0", "--why", "mended"),
        ("load", "shop.csv", *RETAIL),
        ("tick", "--to", "2026-01-31T00:00:00Z"),
    ]

    with ThreadPoolExecutor(len(commands)) as at_once:
        answers = list(at_once.map(lambda words: answer_of(beginner, words, 1), commands))

    for words, said in zip(commands, answers, strict=True):
        assert "KAFKA_AWAY" in said, words
        assert beginner.env["KAFKA_BOOTSTRAP_SERVERS"] in said, words
        assert "segstream doctor" in said, words


def test_a_redis_that_is_not_there_is_named_with_its_address_and_without_its_password(beginner: Terminal) -> None:
    port = beginner.env["REDIS_URL"].removesuffix("/0").rpartition(":")[2]

    said = answer_of(beginner, ("customer", "c1"), 1, REDIS_URL=f"redis://me:s3cret@localhost:{port}")

    assert "REDIS_AWAY" in said
    assert f"localhost:{port}" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    "words", [("tail",), ("load", "shop.csv", *RETAIL), ("partitions", "resume", "0", "--why", "x")]
)
def test_missing_topics_are_answered_by_the_command_that_makes_them(
    beginner: Terminal, kafka: LocalKafka, words: tuple[str, ...]
) -> None:
    env = {"KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap, "SEGSTREAM_TOPIC_PREFIX": "nobody-made-this."}

    said = answer_of(beginner, words, 1, **env)

    assert "TOPICS_MISSING" in said
    assert "segstream topics create" in said


def test_an_unknown_customer_is_told_from_a_redis_that_is_away(beginner: Terminal, valkey: LocalRedis) -> None:
    said = answer_of(beginner, ("customer", "c1"), 1, REDIS_URL=valkey.url, SEGSTREAM_REDIS_PREFIX="empty:")

    assert "CUSTOMER_UNKNOWN" in said
    assert "segstream partitions list" in said


def test_a_traceback_is_shown_only_to_those_who_ask(beginner: Terminal) -> None:
    words = ("customer", "c1")

    quiet, loud = beginner.run(*words), beginner.run("--debug", *words)

    assert "Traceback" not in quiet.stderr
    assert "Traceback" in loud.stderr
