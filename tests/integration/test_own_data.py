"""A shop's own CSV, as its owner brings it: awkward names, semicolons, decimal commas, local times, and a load that is
killed in the middle."""

from __future__ import annotations

import json
import os
import random
import shlex
import signal
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from stream_app.core.instants import rfc3339
from stream_app.history.columns import own_format, parse_columns
from stream_app.history.reading import open_history
from stream_app.history.writing import Writing
from stream_app.local.kafka import LocalKafka
from stream_app.settings import Settings, load_settings
from tests.forks import Fork
from tests.integration.reading import Record, read_all
from tests.integration.terminal import Terminal, clean_environment
from tests.integration.waiting import wait_for

PARTITIONS = 3
ORDERS = 3_000
HEADER = 'Bestell-Nr.;"Kunde; Nr.";Artikel;Stück;Einzelpreis;Bestellt am;Bemerkung'
COLUMNS = (
    'order_id=Bestell-Nr.,customer_id="Kunde; Nr.",product_id=Artikel,quantity=Stück,unit_price=Einzelpreis,'
    'ordered_at="Bestellt am"'
)
FLAGS = ("--columns", COLUMNS, "--timezone", "Europe/Berlin")
JOURNALS = "bestellungen.csv.segstream-load-*.json"


def a_shop(folder: Path) -> Path:
    """Return a file of 3,000 orders and of some lines that are none, as Excel in Germany would save it."""
    luck = random.Random(4)
    lines = [HEADER, "R-0;;A-1;1;5,00;01.01.2025 10:00;ohne Kunde", "R-0;K-1;A-1;viele;5,00;01.01.2025 10:00;"]
    for number in range(ORDERS):
        at = datetime(2025, 1, 1) + timedelta(minutes=171 * number)  # noqa: DTZ001
        for _ in range(1 + luck.randrange(2)):
            pieces = -1 if luck.random() < 0.05 else 1 + luck.randrange(3)
            price = f"{luck.randrange(1, 2_000):,}".replace(",", ".") + f",{luck.randrange(100):02d} €"
            comment = '"sagte ""bald""\nund ging"' if luck.random() < 0.01 else ""
            lines.append(f"R-{number};K-{luck.randrange(200)};A-{luck.randrange(90)};{pieces};{price};"
                         f"{at:%d.%m.%Y %H:%M};{comment}")  # fmt: skip
    path = folder / "bestellungen.csv"
    path.write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return a_shop(tmp_path_factory.mktemp("shop")).read_bytes()


@pytest.fixture
def terminal(tmp_path: Path, shop_file: bytes, kafka: LocalKafka) -> Terminal:
    """A terminal beside the shop's file, with fresh topics."""
    (tmp_path / "bestellungen.csv").write_bytes(shop_file)
    env = clean_environment() | {
        "KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "SEGSTREAM_TOPIC_PREFIX": f"{tmp_path.name}.",
    }
    terminal = Terminal(tmp_path, env)
    terminal.ok("topics", "create", "--partitions", str(PARTITIONS))
    return terminal


def settings_of(terminal: Terminal) -> Settings:
    return load_settings(
        kafka_bootstrap_servers=terminal.env["KAFKA_BOOTSTRAP_SERVERS"],
        topic_prefix=terminal.env["SEGSTREAM_TOPIC_PREFIX"],
    )


def records(terminal: Terminal) -> list[list[Record]]:
    """Return what is in the orders topic, partition by partition."""
    settings = settings_of(terminal)
    return read_all(settings, [settings.topics.orders], PARTITIONS)[settings.topics.orders]


def orders_in_file(terminal: Terminal) -> list[bytes]:
    past = open_history(
        terminal.folder / "bestellungen.csv", own_format(parse_columns(COLUMNS)), writing=Writing("Europe/Berlin")
    )
    with past:
        return [order.to_json() for order in past.orders()]


def copies(terminal: Terminal) -> dict[tuple[bytes, str], list[bytes]]:
    """Return every copy of each order in the topic, by customer and order."""
    found = defaultdict(list)
    for partition in records(terminal):
        for _, key, value, _ in partition:
            if key is not None and value is not None:
                found[key, json.loads(value)["order_id"]].append(value)
    return found


def begin(terminal: Terminal, *words: str) -> Fork:
    out, err = terminal.folder / "load.out", terminal.folder / "load.err"
    return terminal.begin("load", "bestellungen.csv", *FLAGS, *words, said=out, errors=err)


def written_down(terminal: Terminal) -> dict[str, int]:
    path = next(terminal.folder.glob(JOURNALS), None)
    return {"planned": 0, "confirmed": 0} if path is None else json.loads(path.read_text())


def test_a_load_that_is_killed_goes_on_with_the_same_bytes(terminal: Terminal) -> None:
    with begin(terminal, "--history", "--rate", "1000") as load:
        wait_for("some orders are confirmed", lambda: written_down(terminal)["confirmed"] > 500)
        load.kill()
    assert 500 < written_down(terminal)["confirmed"] < ORDERS

    original = (terminal.folder / "bestellungen.csv").read_bytes()
    (terminal.folder / "bestellungen.csv").write_bytes(original.replace(b"R-9;", b"R-9x;"))
    changed = terminal.run("load", "bestellungen.csv", *FLAGS, "--history", "--resume")
    (terminal.folder / "bestellungen.csv").write_bytes(original)
    otherwise = terminal.run("load", "bestellungen.csv", "--columns", COLUMNS, "--history", "--resume")
    done = terminal.run("load", "bestellungen.csv", *FLAGS, "--history", "--resume")

    assert (changed.returncode, otherwise.returncode, done.returncode) == (2, 2, 0), done.stderr
    assert "bestellungen.csv has changed" in changed.stderr
    assert "--timezone was Europe/Berlin and is UTC" in otherwise.stderr
    assert "Going on after " in done.stderr
    expected = orders_in_file(terminal)
    found = copies(terminal)
    assert {value for values in found.values() for value in values} == set(expected)
    assert all(len(set(values)) == 1 for values in found.values())
    assert len(found) == len(expected) > ORDERS
    last = json.loads(expected[-1])["ordered_at"]
    ends = [partition[-1] for partition in records(terminal)]
    assert [(key, value, headers) for _, key, value, headers in ends] == [
        (None, None, [("segstream.tick", last.encode())])
    ] * PARTITIONS


@pytest.mark.long
def test_a_load_ended_by_ctrl_c_says_how_to_go_on(terminal: Terminal) -> None:
    with begin(terminal, "--speed", "1000000x", "--json") as load:
        wait_for("some orders are confirmed", lambda: written_down(terminal)["confirmed"] > 50)
        os.kill(load.pid, signal.SIGINT)
        code = load.wait(30)

    said = (terminal.folder / "load.err").read_text()
    assert code == 130, said
    confirmed = json.loads((terminal.folder / "load.out").read_text())["sent"]["confirmed"]
    assert f"Stopped. {confirmed:,} of " in said
    assert written_down(terminal)["confirmed"] == confirmed
    # The broker may have taken some whose confirmation came too late.
    assert sum(len(values) for values in copies(terminal).values()) >= confirmed

    program, *words = shlex.split(said.strip().splitlines()[-1])
    assert program == "segstream"
    assert "--resume" in words
    without_speed = [word for word in words if word not in {"--speed", "1000000x"}]
    terminal.ok(*without_speed)
    assert {value for values in copies(terminal).values() for value in values} == set(orders_in_file(terminal))


@pytest.mark.long
def test_some_orders_then_the_rest_then_nothing_then_all_again(terminal: Terminal) -> None:
    first = terminal.run("load", "bestellungen.csv", *FLAGS, "--limit", "7")
    again = terminal.run("load", "bestellungen.csv", *FLAGS)
    rest = json.loads(terminal.ok("load", "bestellungen.csv", *FLAGS, "--resume", "--json"))
    nothing = terminal.run("load", "bestellungen.csv", *FLAGS)
    once = copies(terminal)
    terminal.ok("load", "bestellungen.csv", *FLAGS, "--restart")

    total = len(orders_in_file(terminal))
    assert "Sent 7 orders" in first.stderr
    assert f"7 of {total:,} orders are in the topic. Go on with:" in first.stderr
    assert (again.returncode, "interrupted: 7 of" in again.stderr) == (2, True)
    assert rest["sent"] == rest["sent"] | {"orders": total - 7, "confirmed": total, "is_complete": True}
    assert (nothing.returncode, "is loaded already" in nothing.stderr) == (0, True)
    assert [len(values) for values in once.values()] == [1] * total
    assert [len(set(values)) for values in copies(terminal).values()] == [1] * total
    assert all(len(values) == 2 for values in copies(terminal).values())


def test_proposed_columns_are_shown_and_nothing_is_sent_until_they_are_confirmed(terminal: Terminal) -> None:
    done = terminal.run("load", "bestellungen.csv", "--timezone", "Europe/Berlin")

    assert done.returncode == 2
    assert "customer_id ← Kunde; Nr." in done.stderr
    assert "2024-12-31T23:00:00Z (day first, Europe/Berlin)" in done.stderr
    assert copies(terminal) == {}
    _, *words = shlex.split(done.stderr.strip().splitlines()[-1])
    assert terminal.run(*words, "--limit", "5").returncode == 0
    assert len(copies(terminal)) == 5
    assert terminal.run("load", "bestellungen.csv", "--timezone", "Europe/Berlin", "--yes", "--resume").returncode == 0


def test_a_dry_run_needs_no_kafka_and_shows_the_first_orders(tmp_path: Path) -> None:
    a_shop(tmp_path)
    terminal = Terminal(tmp_path, clean_environment() | {"KAFKA_BOOTSTRAP_SERVERS": "localhost:1"})

    done = terminal.run("load", "bestellungen.csv", *FLAGS, "--dry-run")
    told = json.loads(terminal.ok("load", "bestellungen.csv", *FLAGS, "--dry-run", "--json"))

    shown = done.stdout.splitlines()
    assert [line.encode() for line in shown] == orders_in_file(terminal)[:5]
    assert "Read 4," in done.stderr
    assert "1  no customer (first in line 2: order_id R-0)" in done.stderr
    assert "1  a quantity that is no number (first in line 3: quantity viele)" in done.stderr
    assert told["first_orders"] == [json.loads(line) for line in shown]
    assert told["read"]["skipped"][0]["mend"] in done.stderr
    assert (told["read"]["decimal"], told["read"]["dates"]) == ("comma", "dmy")
    assert not list(tmp_path.glob(JOURNALS))


@pytest.mark.long
def test_a_model_is_trained_on_the_same_file_with_the_same_words(tmp_path: Path) -> None:
    a_shop(tmp_path)
    terminal = Terminal(tmp_path, clean_environment())

    told = json.loads(terminal.ok("train", "bestellungen.csv", *FLAGS, "--k", "3", "--json"))

    assert told["read"]["lines_kept"] == told["read"]["lines_read"] - 2
    assert sum(segment["customers"] for segment in told["segments"]) <= 200
    assert (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "online-retail", "--columns", "order_id=a"), "Give one of them"),
        (("--columns", "order_id=a", "--resume", "--restart"), "Give one of them"),
        (("--speed", "fast"), "--speed 60x"),
        (("--rate", "0"), "--rate 500"),
        (("--history", "--speed", "60x"), "--history is the past"),
        (("--dates", "dym"), "'dym'"),
        (("--decimal", "dot"), "'dot'"),
        (("--format", "online-retail", "--return-prefix", "C"), "--format says already"),
        (("--columns", COLUMNS, "--return-types", "Storno"), "Add type="),
    ],
)
def test_contradictions_are_answered_before_anything_is_sent(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "bestellungen.csv").write_text(f"{HEADER}\nR-1;K-1;A-1;1;5,00;31.01.2025 10:00;\n")

    done = Terminal(tmp_path, clean_environment()).run("load", "bestellungen.csv", *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_columns_that_nobody_can_guess_are_shown_with_a_line_to_complete(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("Bestellung,Wer,Was,Wie viele,Preis,Datum\n1,2,3,4,5.50,2025-01-31\n")

    done = Terminal(tmp_path, clean_environment()).run("load", "shop.csv")

    assert done.returncode == 2
    assert "  Wer         2\n" in done.stderr
    assert "No column looks like customer_id." in done.stderr
    template = "--columns 'order_id=Bestellung,customer_id=…,product_id=…,quantity=…,unit_price=…,ordered_at=Datum'"
    assert template in done.stderr


def test_the_note_on_orders_of_the_future_names_the_last_one(terminal: Terminal) -> None:
    line = "R-1;K-1;A-1;1;5,00;31.01.2095 10:00;\n"
    (terminal.folder / "bestellungen.csv").write_text(f"{HEADER}\n{line}")

    done = terminal.run("load", "bestellungen.csv", *FLAGS)

    assert done.returncode == 0
    assert f"the last order is of {rfc3339(3_947_302_800_000_000)}" in done.stderr
