"""When a load may begin, go on, or must be refused: no order is sent twice with another content unless one insists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from stream_app.core.errors import UsageError
from stream_app.replay.begin import Wish, begin, differences
from stream_app.replay.journal import Entry, Facts, Journal, journal_path, read_entry, sha256_of
from stream_app.replay.pace import Pace
from stream_app.replay.resumable import Confirmed
from stream_app.replay.send import Target

HERE = Target("cluster", "orders.v1", "topic-1")
ELSEWHERE = Target("other", "orders.v1", "topic-9")
REMADE = Target("cluster", "orders.v1", "topic-2")
FACTS = Facts("shop.csv", "abc", {"--timezone": "UTC", "--columns": "order_id=No"}, False, HERE)
BERLIN = {"reading": {"--timezone": "Europe/Berlin", "--columns": "order_id=No"}}
ANOTHER_FILE = {"sha256": "xyz"}
AS_HISTORY = {"is_history": True}


def facts(**changes: Any) -> Facts:
    return msgspec.structs.replace(FACTS, **changes)


def wish_for(folder: Path, wish: Wish, **changes: Any) -> Journal | None:
    return begin(folder / "load.json", facts(**changes), wish=wish, total=10, began_at="2026-01-01T00:00:00Z")


def interrupted(folder: Path) -> Path:
    """Write down a load of which 4 orders are confirmed, and 6 may have been sent."""
    journal = Journal(folder / "load.json", Entry(FACTS, 10, "2025-12-31T00:00:00Z"))
    journal.plan(6, "digest")
    journal.confirm(4)
    return journal.path


def finished(folder: Path) -> None:
    journal = Journal(interrupted(folder), Entry(FACTS, 10, "2025-12-31T00:00:00Z", planned=10))
    journal.confirm(10)
    journal.finish()


def test_a_load_begins_when_nothing_is_written_down(tmp_path: Path) -> None:
    journal = wish_for(tmp_path, Wish.LOAD)

    assert journal is not None
    assert (journal.entry.confirmed, journal.entry.planned, journal.path.exists()) == (0, 0, False)
    with pytest.raises(UsageError, match=r"No load of shop\.csv was interrupted"):
        wish_for(tmp_path, Wish.RESUME)


def test_an_interrupted_load_goes_on_where_it_was(tmp_path: Path) -> None:
    interrupted(tmp_path)

    journal = wish_for(tmp_path, Wish.RESUME)

    assert journal is not None
    entry = journal.entry
    assert (entry.confirmed, entry.planned, entry.digest, entry.began_at) == (4, 6, "digest", "2025-12-31T00:00:00Z")


def test_an_interrupted_load_is_not_begun_anew_unless_one_says_so(tmp_path: Path) -> None:
    interrupted(tmp_path)

    with pytest.raises(UsageError, match=r"interrupted: 4 of 10 orders are sent.*--resume.*--restart"):
        wish_for(tmp_path, Wish.LOAD)
    journal = wish_for(tmp_path, Wish.RESTART)
    assert journal is not None
    assert journal.entry.planned == 0


@pytest.mark.parametrize("wish", [Wish.RESUME, Wish.RESTART, Wish.LOAD])
@pytest.mark.parametrize(
    ("changes", "words"),
    [(BERLIN, "--timezone was UTC and is Europe/Berlin"), (ANOTHER_FILE, "the file shop.csv has changed")],
)
def test_what_would_be_told_differently_is_refused_with_what_differs(
    tmp_path: Path, wish: Wish, changes: dict[str, Any], words: str
) -> None:
    path = interrupted(tmp_path)
    before = path.read_bytes()

    with pytest.raises(UsageError, match=f"{words}.*SEGSTREAM_TOPIC_PREFIX.*or remove .*load.json"):
        wish_for(tmp_path, wish, **changes)
    assert path.read_bytes() == before


def test_a_load_as_history_does_not_go_on_as_live_orders(tmp_path: Path) -> None:
    interrupted(tmp_path)

    with pytest.raises(UsageError, match="--history was not given"):
        wish_for(tmp_path, Wish.RESUME, **AS_HISTORY)
    with pytest.raises(UsageError, match="went to the same topic"):
        wish_for(tmp_path, Wish.LOAD, **AS_HISTORY)
    assert wish_for(tmp_path, Wish.RESTART, **AS_HISTORY) is not None


@pytest.mark.parametrize(
    ("target", "words"),
    [(ELSEWHERE, "of cluster cluster: 4 of 10"), (REMADE, "was deleted and made anew since: 4 of 10")],
)
def test_an_interrupted_load_into_another_topic_is_not_forgotten_by_accident(
    tmp_path: Path, target: Target, words: str
) -> None:
    interrupted(tmp_path)

    for wish in (Wish.RESUME, Wish.LOAD):
        with pytest.raises(UsageError, match=f"{words}.*--restart.*--journal"):
            wish_for(tmp_path, wish, target=target)
    journal = wish_for(tmp_path, Wish.RESTART, target=target, **BERLIN)
    assert journal is not None
    assert journal.entry.facts.target == target


@pytest.mark.parametrize("changes", [{}, AS_HISTORY])
def test_a_finished_load_has_nothing_left_to_do(tmp_path: Path, changes: dict[str, Any]) -> None:
    finished(tmp_path)

    assert wish_for(tmp_path, Wish.LOAD, **changes) is None
    assert wish_for(tmp_path, Wish.RESTART, **changes) is not None


def test_a_finished_load_is_followed_by_a_newer_export_but_not_by_other_flags(tmp_path: Path) -> None:
    finished(tmp_path)

    assert wish_for(tmp_path, Wish.RESUME) is None
    assert wish_for(tmp_path, Wish.LOAD, **ANOTHER_FILE) is not None
    assert wish_for(tmp_path, Wish.LOAD, target=REMADE, **BERLIN) is not None
    with pytest.raises(UsageError, match=r"same topic \(10 of 10 orders are sent\), and --timezone was UTC"):
        wish_for(tmp_path, Wish.LOAD, **BERLIN)


def test_a_load_of_which_nothing_was_sent_binds_nobody(tmp_path: Path) -> None:
    Journal(tmp_path / "load.json", Entry(FACTS, 10, "2025-12-31T00:00:00Z")).plan(0, "")

    assert wish_for(tmp_path, Wish.LOAD, **BERLIN) is not None
    assert wish_for(tmp_path, Wish.RESUME, **BERLIN) is not None


def test_loads_of_a_file_into_other_topics_know_nothing_of_each_other(tmp_path: Path) -> None:
    paths = [journal_path(tmp_path / "shop.csv", target) for target in (HERE, ELSEWHERE, REMADE)]

    assert len(set(paths)) == 3
    assert journal_path(tmp_path / "shop.csv", Target(*msgspec.structs.astuple(HERE))) == paths[0]


def test_a_backfill_goes_on_by_itself_and_has_nothing_to_do_a_second_time(tmp_path: Path) -> None:
    fresh = wish_for(tmp_path, Wish.GO_ON)
    interrupted(tmp_path)

    going_on = wish_for(tmp_path, Wish.GO_ON)

    assert fresh is not None
    assert going_on is not None
    assert (fresh.entry.confirmed, going_on.entry.confirmed) == (0, 4)
    with pytest.raises(UsageError, match=r"cannot go on as it began.*--timezone"):
        wish_for(tmp_path, Wish.GO_ON, **BERLIN)
    finished(tmp_path)
    assert wish_for(tmp_path, Wish.GO_ON) is None
    assert wish_for(tmp_path, Wish.GO_ON, **ANOTHER_FILE) is not None


def test_every_difference_is_named() -> None:
    other = facts(reading={"--timezone": "UTC", "--dates": "dmy"}, **ANOTHER_FILE, **AS_HISTORY)

    assert differences(FACTS, FACTS) == []
    assert differences(FACTS, other) == [
        "the file shop.csv has changed",
        "--columns was order_id=No and is not given",
        "--dates was not given and is dmy",
        "--history was not given and now is",
    ]


def test_what_is_written_down_is_read_back_and_stands_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text("x")
    path = interrupted(tmp_path)

    entry = read_entry(path)

    assert entry is not None
    assert entry.facts == FACTS
    assert re.fullmatch(r"shop\.csv\.segstream-load-[0-9a-f]{8}\.json", journal_path(file, HERE).name)
    assert journal_path(file, HERE).parent == tmp_path
    assert sha256_of(file) == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert sorted(left.name for left in tmp_path.iterdir()) == ["load.json", "shop.csv"]


def test_a_journal_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "load.json"
    path.write_text("{}")

    with pytest.raises(UsageError, match=r"does not read as what a load writes down.*remove it"):
        read_entry(path)
    with pytest.raises(UsageError, match=r"cannot be written.*--journal"):
        Journal(tmp_path / "no-folder" / "load.json", Entry(FACTS, 1, "")).plan(1, "")


def test_deliveries_are_counted_as_far_as_there_is_no_gap() -> None:
    confirmed = Confirmed(3)

    counts = []
    for number in (4, 3, 7, 5, 6):
        confirmed.take(number)
        counts.append(confirmed.count)

    assert counts == [3, 5, 5, 6, 8]


@pytest.mark.parametrize(
    ("pace", "due"), [(Pace(), 0.0), (Pace(rate=50), 2.0), (Pace(speed=60), 60.0), (Pace(rate=1, speed=60), 100.0)]
)
def test_an_order_is_due_by_the_slower_of_rate_and_speed(pace: Pace, due: float) -> None:
    assert pace.due_seconds(100, 3_600_000_000) == due
