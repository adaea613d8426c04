"""The breaker stops a partition whose input is mostly bad, in the middle of a chunk if need be."""

from __future__ import annotations

import pytest

from stream_app.core.breaker import IN_A_ROW, MOST_RECENT_BAD, RECENT, Breaker
from tests.builders import ARecord, a_driver, a_record, a_tick


def saw(*pattern: tuple[int, bool]) -> Breaker:
    breaker = Breaker()
    for times, is_bad in pattern:
        for _ in range(times):
            breaker.saw(is_bad=is_bad)
    return breaker


def test_a_hundred_refusals_in_a_row_trip_it() -> None:
    assert not saw((IN_A_ROW - 1, True)).is_tripped
    assert saw((IN_A_ROW, True)).is_tripped
    assert not saw((IN_A_ROW - 1, True), (1, False), (IN_A_ROW - 1, True)).is_tripped


def test_more_than_a_fifth_of_the_last_thousand_trips_it() -> None:
    pairs = [(50, True), (50, False)] * 4

    assert not saw((RECENT - 400, False), *pairs).is_tripped
    assert saw((RECENT - 400, False), *pairs, (1, True)).is_tripped


def test_a_share_says_nothing_before_a_thousand_were_read() -> None:
    pairs = [(50, True), (50, False)] * 9

    assert not saw(*pairs).is_tripped
    assert saw(*pairs, (100, False)).is_tripped


def test_what_lies_a_thousand_records_back_is_forgotten() -> None:
    pairs = [(50, True), (50, False)] * 4

    breaker = saw(*pairs, (1, True), (RECENT, False))

    assert breaker.ages() == []
    assert not breaker.is_tripped


@pytest.mark.parametrize("is_bad", [True, False])
def test_a_restart_forgets_nothing(is_bad: bool) -> None:
    before = saw((RECENT, False), (50, True), (50, False), (MOST_RECENT_BAD - 50, False), (70, True))

    after = Breaker(before.read, before.in_a_row, before.ages())
    before.saw(is_bad=is_bad)
    after.saw(is_bad=is_bad)

    assert (after.read, after.in_a_row, after.ages()) == (before.read, before.in_a_row, before.ages())


def bad_records(number: int) -> list[ARecord]:
    return [ARecord(b"{}", offset_=offset) for offset in range(number)]


def test_a_chunk_stops_where_the_breaker_trips() -> None:
    driver = a_driver()

    outcome = driver.run([*bad_records(IN_A_ROW + 50), a_record(offset=IN_A_ROW + 50)])

    assert outcome.is_stopped
    assert len(outcome.dead_letters) == outcome.counts["invalid"] == IN_A_ROW
    assert driver.progress.source_position == IN_A_ROW
    assert outcome.touched == {}


def test_ticks_and_empty_values_neither_trip_nor_reset_it() -> None:
    driver = a_driver()

    driver.run([*bad_records(IN_A_ROW - 1), ARecord(None, b"C1"), a_tick("2025-06-01T00:00:00Z")])

    assert driver.progress.breaker.in_a_row == IN_A_ROW - 1
    assert not driver.progress.breaker.is_tripped


def test_a_contradiction_counts_as_bad_and_a_duplicate_as_good() -> None:
    driver = a_driver()

    driver.run([a_record(), a_record({**A_CONFLICT}), a_record()])

    assert driver.progress.breaker.ages() == [1]
    assert driver.progress.breaker.in_a_row == 0


A_CONFLICT = {
    "order_id": "O1",
    "customer_id": "C1",
    "ordered_at": "2025-06-01T12:00:00Z",
    "lines": [{"product_id": "P2", "quantity": 1, "amount": 1}],
}
