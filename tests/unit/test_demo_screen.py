"""The demo's screen: the same moment and the same size give the same lines, and they always fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from stream_app.demo.drawing.screen import date, draw, figures, moves, progress, sizes, step_line
from stream_app.demo.drawing.snapshot import KAFKA, Page, Snapshot, Step
from stream_app.demo.drawing.strokes import BAD, GOOD, colour
from tests.moments import LAST_ORDER_US, MOVES, SEGMENTS, a_load, a_quiet_time, a_start, a_stream, an_end

PAGES = (Page("API", "http://127.0.0.1:38000/docs"), Page("Dashboard", "http://127.0.0.1:38501"))
MOMENTS = [Snapshot(), a_start(), a_load(30, 100), a_stream(), a_quiet_time(21), an_end(), a_stream(pages=PAGES)]


def plain(lines: list[Text]) -> list[str]:
    return [line.plain.rstrip() for line in lines]


def styles_of(line: Text) -> dict[str, object]:
    """Return each styled part of a line with its style."""
    return {line.plain[span.start : span.end].strip(): span.style for span in line.spans}


@given(moment=st.sampled_from(MOMENTS), width=st.integers(20, 250), height=st.integers(1, 80))
def test_a_screen_never_has_more_than_fits(moment: Snapshot, width: int, height: int) -> None:
    lines = draw(moment, width, height)

    assert len(lines) <= height
    assert all(line.cell_len <= width and "\n" not in line.plain for line in lines)


def test_the_same_moment_gives_the_same_lines() -> None:
    assert draw(a_stream(), 80, 24) == draw(a_stream(), 80, 24)
    assert draw(a_stream(), 80, 24) != draw(a_stream(sent=60_211, records=77_750), 80, 24)


def test_a_step_shows_whether_it_waits_runs_or_is_done() -> None:
    waiting, running, done = Step(KAFKA), Step(KAFKA, "starting", 1.0), Step(KAFKA, "answers", 1.0, 3.5)

    lines = [step_line(step, 2.0, 40) for step in (waiting, running, done)]

    assert plain(lines) == [
        "· Kafka",
        "⠦ Kafka        starting            1.0 s",
        "✓ Kafka        answers             2.5 s",
    ]
    assert styles_of(lines[2])["✓"] == GOOD


def test_a_step_of_known_size_has_a_bar_until_it_is_done() -> None:
    half = next(line for line in plain(draw(a_load(50, 100), 80, 24)) if "History" in line)
    done = next(line for line in plain(draw(a_stream(), 80, 40)) if "History" in line)

    assert half.count("━") == half.count("─") == 8
    assert done.count("━") == 0


def test_progress_tells_how_much_and_how_long() -> None:
    assert progress(a_stream(), 78).plain == (
        "Live orders  ━━━━━━━━━━━━━━━━━━━━━─────────  54,210 of 78,103   69%  0:02 left"
    )
    assert progress(an_end(), 78).plain.endswith("78,103 of 78,103  100%       done")
    assert progress(a_stream(orders_per_second=0.0), 78).plain.endswith("69%           ")


def test_figures_name_speed_lag_dead_letters_and_changes() -> None:
    assert figures(a_stream()).plain == ("  9,556 orders/s     lag  6,000     dead letters 0     changes 14,032")


def test_the_shops_date_is_shown_and_then_for_how_long_nobody_has_bought() -> None:
    assert plain(date(a_stream())) == []
    assert plain(date(a_stream(clock_us=LAST_ORDER_US))) == ["Date         31 December 2017"]
    assert plain(date(a_quiet_time(73))) == [
        "Date         14 March 2018      no order for  73 days   moved by time 200",
    ]


def test_without_orders_the_speed_is_that_of_all_orders() -> None:
    assert figures(a_quiet_time(73, orders_per_second=0.0)).plain == (
        " 10,000 orders/s till the last one     dead letters 0     changes 14,032"
    )


def test_the_widest_lines_fit_80_columns() -> None:
    longest = a_quiet_time(273, moved_by_time=2_469, causes=(("aging", 140_320),))

    assert "…" not in " ".join(plain(draw(longest, 80, 24)))


def test_while_nobody_buys_each_segment_says_what_it_gained_and_lost() -> None:
    lines = plain(sizes(a_quiet_time(73), 78))

    assert [line.split()[-1] for line in lines[:2]] == ["−200", "+200"]
    assert all(line.endswith("%") for line in lines[2:])
    assert len({line.index("%") for line in lines}) == 1


def test_a_dead_letter_is_not_overlooked() -> None:
    assert BAD not in styles_of(figures(a_stream())).values()
    assert styles_of(figures(a_stream(dead_letters=3)))["3"] == BAD


def test_each_segment_has_its_own_colour_and_is_readable_without_it() -> None:
    lines = sizes(a_stream(), 78)

    assert plain(lines)[0] == f"Champions       {'▆' * 49}  1,162   47%"
    assert plain(lines)[4] == f"Hibernating     {'▆' * 5:<49}    118    5%"
    names = [styles_of(line)[segment.name] for line, segment in zip(lines, SEGMENTS, strict=True)]
    assert names == [colour(rank) for rank in range(5)]
    assert len({str(style) for style in names}) == 5


def test_a_wide_screen_says_what_a_segment_means() -> None:
    assert all(SEGMENTS[0].description not in line for line in plain(draw(a_stream(), 80, 24)))
    assert any(SEGMENTS[0].description in line for line in plain(draw(a_stream(), 120, 40)))


def test_moves_lead_from_one_colour_to_another_and_say_why() -> None:
    lines = moves(a_stream(), 3)

    assert plain(lines) == [
        "household 2285       Promising → About to sleep  has not bought for 74 days",
        "household 77          Regulars → Champions       because of order 34010676753",
        "household 1948      first seen → Hibernating     from history",
    ]
    assert styles_of(lines[0])["Promising"] == colour(2)
    assert styles_of(lines[0])["About to sleep"] == colour(3)


@pytest.mark.parametrize(("height", "has_steps"), [(24, False), (40, True)])
def test_a_short_screen_folds_the_steps_when_all_are_done(height: int, has_steps: bool) -> None:
    lines = plain(draw(a_stream(), 80, height))

    assert any("kafka is there" in line for line in lines) == has_steps
    assert "Last changes  3 of 14,032" in " ".join(lines)
    assert sum("household " in line for line in lines) == len(MOVES)
    assert len(plain(draw(a_start(), 80, height))) == 10
