"""The changes of a Space in memory: offsets that never come back, and readers that miss and repeat nothing."""

from __future__ import annotations

import json

import pytest

from stream_app.api.problems import Problem
from stream_app.api.sources import ChangesGone
from stream_app.space.change_log import KEPT, ChangeLog, LogFollower
from stream_app.tail import FROM_BEGINNING, FROM_NOW, Filter
from tests.builders import a_driver, a_record

ALL = Filter()
OF_C1 = b'"customer_id":"C1"'


def changes(count: int, first: int = 0) -> list[bytes]:
    """Return changes of so many customers, as they are published."""
    (change,) = a_driver().run([a_record()]).changes
    assert OF_C1 in change.value
    numbers = range(first, first + count)
    return [change.value.replace(OF_C1, f'"customer_id":"C{number}"'.encode()) for number in numbers]


def customers(follower: LogFollower) -> list[str]:
    return [json.loads(event.data)["customer_id"] for event in follower.read()]


def test_a_reader_from_the_beginning_gets_everything_and_then_only_what_is_new() -> None:
    log = ChangeLog()
    log.append(changes(3), 1)
    follower = LogFollower(log, ALL)
    follower.begin(None, FROM_BEGINNING)

    first = customers(follower)
    log.append(changes(1, first=3), 2)
    second = customers(follower)

    assert first == ["C0", "C1", "C2"]
    assert second == ["C3"]
    assert customers(follower) == []


def test_a_reader_from_now_gets_nothing_of_what_was() -> None:
    log = ChangeLog()
    log.append(changes(3), 1)
    follower = LogFollower(log, ALL)
    follower.begin(None, FROM_NOW)

    log.append(changes(1, first=3), 2)

    assert customers(follower) == ["C3"]


def test_a_reader_from_an_instant_gets_what_was_published_since() -> None:
    log = ChangeLog()
    log.append(changes(2), 1_000)
    log.append(changes(2, first=2), 2_000)
    follower = LogFollower(log, ALL)
    follower.begin(None, 1_001)

    assert customers(follower) == ["C2", "C3"]


def test_a_place_counts_what_was_not_wanted_too() -> None:
    log = ChangeLog()
    log.append(changes(3), 1)
    follower = LogFollower(log, Filter(customers=frozenset({"C1"})))
    follower.begin(None, FROM_BEGINNING)

    assert customers(follower) == ["C1"]
    again = LogFollower(log, ALL)
    assert again.begin(follower.place, FROM_NOW) == follower.place
    assert customers(again) == []


def test_only_the_newest_are_kept_and_who_was_away_too_long_is_told() -> None:
    log = ChangeLog()
    log.append(changes(2), 1)
    follower = LogFollower(log, ALL)
    old = follower.begin(None, FROM_BEGINNING)

    log.append(changes(KEPT, first=2), 2)

    assert log.bounds() == (2, KEPT + 2)
    assert len(log.newest(KEPT * 2)) == KEPT
    assert json.loads(log.newest(1)[0])["customer_id"] == f"C{KEPT + 1}"
    with pytest.raises(Problem) as refused:
        LogFollower(log, ALL).begin(old, FROM_NOW)
    assert refused.value.code == "CHANGES_GONE"


def test_a_slow_reader_whose_next_change_is_gone_is_cut_off_and_misses_nothing_unknowingly() -> None:
    log = ChangeLog()
    follower = LogFollower(log, ALL)
    follower.begin(None, FROM_NOW)

    log.append(changes(KEPT + 1), 1)

    with pytest.raises(ChangesGone):
        follower.read()
