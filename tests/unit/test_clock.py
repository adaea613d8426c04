"""The clock of a partition: what moves it, how far, and who waits for it."""

from __future__ import annotations

from typing import Any

import pytest

from stream_app.core.clock import Clock
from stream_app.core.instants import NO_CLOCK, rfc3339
from tests.builders import NOW, NOW_MS, ARecord, a_driver, a_record, a_tick, an_instant, an_order_json, days

MINUTES = 60_000_000
CLOCK = an_instant(NOW)


def an_order_at(instant: int, **changes: Any) -> ARecord:
    return a_record(an_order_json(ordered_at=rfc3339(instant), **changes))


def clock_after(*records: ARecord, **changes: Any) -> int:
    driver = a_driver(**changes)
    driver.run(records)
    return driver.progress.clock.instant


def test_a_partition_without_records_has_no_clock() -> None:
    assert clock_after() == NO_CLOCK


def test_an_order_moves_the_clock_to_its_time() -> None:
    assert clock_after(an_order_at(CLOCK - days(3))) == CLOCK - days(3)


def test_the_clock_never_goes_back() -> None:
    late, early_tick = an_order_at(CLOCK - days(400), order_id="O2"), a_tick("2025-01-01T00:00:00Z")

    assert clock_after(an_order_at(CLOCK), late, early_tick) == CLOCK


def test_an_order_ahead_of_its_record_moves_the_clock_five_minutes_at_most() -> None:
    assert clock_after(an_order_at(CLOCK + 5 * MINUTES)) == CLOCK + 5 * MINUTES
    assert clock_after(an_order_at(CLOCK + 6 * MINUTES)) == CLOCK + 5 * MINUTES
    assert clock_after(an_order_at(CLOCK + days(1))) == CLOCK + 5 * MINUTES


def test_a_duplicate_moves_the_clock_like_any_order() -> None:
    order = an_order_json()
    ahead, behind = (a_record(order, timestamp_ms=ms) for ms in (NOW_MS - 3_600_000, NOW_MS))

    assert clock_after(ahead) == CLOCK - 55 * MINUTES
    assert clock_after(ahead, behind) == CLOCK


@pytest.mark.parametrize(
    "bad",
    [
        ARecord(b"{}", timestamp_ms=NOW_MS + 10**9),
        an_order_at(CLOCK + days(1) + 1),
        an_order_at(CLOCK + MINUTES, currency="USD"),
        an_order_at(CLOCK + MINUTES),
        an_order_at(CLOCK + MINUTES, order_id="O2", type="return"),
    ],
    ids=["not an order", "too far ahead", "currency", "another time under the same id", "another type"],
)
def test_dead_letters_do_not_move_the_clock(bad: ARecord) -> None:
    held = [an_order_at(CLOCK), an_order_at(CLOCK, order_id="O2")]
    driver = a_driver()

    driver.run([*held, bad])

    assert len(driver.dead_letters) == 1
    assert driver.progress.clock.instant == CLOCK


def test_history_never_moves_the_clock() -> None:
    history = a_record(headers_=[("replay", b"true")])

    assert clock_after(history) == NO_CLOCK
    assert clock_after(history, a_tick("2025-05-01T00:00:00Z")) == an_instant("2025-05-01T00:00:00Z")


def test_a_tick_moves_an_event_clock_as_far_as_it_says() -> None:
    assert clock_after(a_tick("2031-01-01T00:00:00+01:00")) == an_instant("2030-12-31T23:00:00Z")


def test_a_tick_moves_a_wall_clock_like_an_order() -> None:
    assert clock_after(a_tick("2031-01-01T00:00:00Z"), is_wall_clock=True) == CLOCK + 5 * MINUTES


def test_an_advance_is_remembered_only_while_history_waits_for_it() -> None:
    clock = Clock(100)

    clock.advance(200)
    clock.has_history = True
    clock.advance(200)
    clock.advance(300)
    clock.advance(400)

    assert clock.advances == [(200, 300)]
    assert clock.after(200) == 300
    assert not clock.has_history


def test_an_advance_is_forgotten_when_everybody_due_by_then_was_scored() -> None:
    clock = Clock(400, advances=[(100, 200), (200, 300)])

    clock.forget(200)

    assert clock.advances == [(200, 300)]
