"""The demo without a screen, and what it says at the end."""

from __future__ import annotations

import pytest

from stream_app.demo.drawing import plain
from stream_app.demo.drawing.ending import Try, next_steps, summary
from stream_app.demo.drawing.snapshot import KAFKA, QUIET_DAYS, Page, Snapshot, Step
from stream_app.demo.trials import Ahead, trials
from tests.moments import LAST_ORDER_US, MOVES, SEGMENTS, a_quiet_time, a_start, a_stream, an_end

AHEAD = Ahead("77", 3)


def test_each_step_is_told_once_with_its_time() -> None:
    before = a_start()
    after = before.with_step(Step(KAFKA, "answers", 0.5, 2.75))

    assert list(plain.finished(before, after)) == ["✓ Kafka: answers (2.2 s)"]
    assert list(plain.finished(after, after)) == []


def test_a_wait_is_explained() -> None:
    assert list(plain.status(a_start())) == ["  0:02  waiting for Kafka: starting"]
    assert list(plain.status(Snapshot())) == []


def test_the_stream_is_told_in_one_line() -> None:
    assert list(plain.status(a_stream())) == [
        "  0:14  54,210 of 78,103 live orders (69%), 0:02 left · 9,556 orders/s · lag 6,000 · "
        "dead letters 0 · changes 14,032"
    ]


def test_news_are_the_newest_moves_that_were_not_told() -> None:
    before = a_stream(moves=MOVES[2:])

    assert list(plain.news(before, a_stream())) == [
        "        household 77: Regulars → Champions, because of order 34010676753",
        "        household 2285 has not bought for 74 days: Promising → About to sleep",
    ]
    assert list(plain.news(a_stream(), a_stream())) == []


def test_the_summary_tells_orders_changes_causes_and_sizes() -> None:
    lines = [line.plain.rstrip() for line in summary(an_end(), 80)]

    assert lines[:3] == [
        "✓ 78,103 live orders in 7.8 s, after 77,745 of the past: 10,000 orders/s",
        "✓ 14,032 changes, the first after 8.4 s; dead letters 0",
        "  8,000 by time, 6,029 by orders, 3 from history",
    ]
    assert [line.split()[0] for line in lines[4:]] == ["Champions", "Regulars", "Promising", "About", "Hibernating"]


def test_the_time_without_orders_is_told_in_one_line_with_its_date() -> None:
    assert list(plain.status(a_quiet_time(73))) == [
        "  0:25  14 March 2018: no order for 73 days · moved by time alone 200 households · changes 14,032"
    ]


def test_the_summary_says_what_share_moved_by_time_alone() -> None:
    lines = [line.plain for line in summary(a_quiet_time(QUIET_DAYS), 80)]

    assert lines[3] == "✓ Half a year without orders: time alone moved 200 of 2,469 households (8%)"
    assert [line.split()[-1] for line in lines[5:7]] == ["−200", "+200"]
    assert lines[0].startswith("✓ 78,103 live orders in 7.8 s"), "ticks are no orders"


def test_nobody_is_a_share_of_nobody() -> None:
    lines = summary(a_quiet_time(QUIET_DAYS, segments=SEGMENTS, moved_by_time=0), 80)

    assert lines[3].plain.endswith("time alone moved 0 of 0 households")


PAGES = (Page("API", "http://127.0.0.1:38000/docs"), Page("Dashboard", "http://127.0.0.1:38501"))


def test_a_page_is_told_once_it_answers() -> None:
    before, after = a_stream(), a_stream(pages=PAGES[:1])

    assert list(plain.finished(before, after)) == ["  API: http://127.0.0.1:38000/docs"]
    assert list(plain.finished(after, a_stream(pages=PAGES))) == ["  Dashboard: http://127.0.0.1:38501"]


def test_the_end_fits_a_small_terminal() -> None:
    exports = {
        "PATH": "/home/anna/segstream/.venv/bin:$PATH",
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:29547",
        "REDIS_URL": "redis://127.0.0.1:21998/0",
    }
    exports |= {"SEGSTREAM_MODEL_URI": "/home/anna/tmp/segstream-demo-abcdefgh/store"}

    causes = (("aging", 19_738), ("order", 17_783), ("history", 2_394), ("expiry", 845))
    end = summary(a_quiet_time(QUIET_DAYS, causes=causes), 80)
    lines = [*end, *next_steps(PAGES, exports, list(trials(AHEAD, LAST_ORDER_US, 21_998, 27_778)))]

    assert len(lines) < 23, "one more is empty, and one is the cursor's"
    assert max(line.cell_len for line in lines) <= 80


def test_the_commands_to_try_have_the_ids_and_addresses_of_this_demo() -> None:
    commands = [one.command for one in trials(AHEAD, LAST_ORDER_US, 21_998, 27_778)]

    assert commands[0] == "segstream customer 77"
    assert "segstream tick --to 2018-02-01T00:00:00Z" in commands
    assert all("21998" in line or "27778" in line for line in commands if not line.startswith("segstream"))


@pytest.mark.parametrize(
    ("moves", "why"),
    [
        (3, "3 moves ahead, all by time"),
        (1, "1 move ahead, by time"),
        (0, "who they are, and why"),
    ],
)
def test_the_first_command_says_what_it_will_show(moves: int, why: str) -> None:
    assert next(trials(Ahead("9", moves), LAST_ORDER_US, 1, 2)) == Try("segstream customer 9", why)


def test_without_anybody_the_first_command_is_of_all() -> None:
    assert next(trials(None, LAST_ORDER_US, 1, 2)).command.startswith("segstream tail")


def test_figures_that_nobody_knows_yet_are_nothing() -> None:
    assert (Snapshot().lag, Snapshot().share, Snapshot().changes, Snapshot().seconds_left) == (0, 0.0, 0, None)
    assert not Snapshot().is_ready
    assert a_stream(history_records=None).done == 0
