"""The trainer's SQL counts as the stream does: returns netted, lines of zero ignored."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_app.history.reading import open_history
from trainer.features import AS_STREAMED, DAY_US, Counting, Features, counted_lines, features

HEADER = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID"
ORDERED_AT_US = 1_293_840_000_000_000
ORDERED_AT = "2011-01-01 00:00:00"


def features_of(folder: Path, lines: list[str], *, as_of_us: int, window_us: int | None = None) -> list[Features]:
    path = folder / "lines.csv"
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    with open_history(path, "online-retail") as history:
        return features(history, as_of_us=as_of_us, window_us=window_us)


@pytest.mark.parametrize(
    ("after_us", "recency_days"),
    [(-1, None), (0, 0), (DAY_US - 1, 0), (DAY_US, 1), (10 * DAY_US - 1, 9), (10 * DAY_US, None)],
)
def test_an_order_counts_from_its_instant_until_before_the_windows_end(
    tmp_path: Path, after_us: int, recency_days: int | None
) -> None:
    lines = [f"1,A,2,{ORDERED_AT},1.5,c"]

    got = features_of(tmp_path, lines, as_of_us=ORDERED_AT_US + after_us, window_us=10 * DAY_US)

    expected = [] if recency_days is None else [Features("c", recency_days, 1, 30_000, 1)]
    assert got == expected


def test_returns_are_netted_and_count_for_neither_recency_nor_frequency(tmp_path: Path) -> None:
    lines = [
        f"1,A,2,{ORDERED_AT},1.5,c",
        f"1,B,1,{ORDERED_AT},4,c",
        "C2,A,-2,2011-01-03 00:00:00,1.5,c",
    ]

    got = features_of(tmp_path, lines, as_of_us=ORDERED_AT_US + 5 * DAY_US)

    assert got == [Features("c", 5, 1, 40_000, 1)]


def test_more_returned_than_bought_counts_as_nothing(tmp_path: Path) -> None:
    lines = [f"1,A,1,{ORDERED_AT},1,c", f"C2,A,-3,{ORDERED_AT},1,c"]

    got = features_of(tmp_path, lines, as_of_us=ORDERED_AT_US)

    assert got == [Features("c", 0, 1, 0, 0)]


def test_a_customer_who_only_returns_has_no_features(tmp_path: Path) -> None:
    assert features_of(tmp_path, [f"C2,A,-3,{ORDERED_AT},1,c"], as_of_us=ORDERED_AT_US) == []


def test_an_order_whose_lines_are_all_zero_is_no_purchase(tmp_path: Path) -> None:
    lines = [
        f"1,A,1,{ORDERED_AT},1,c",
        "2,A,0,2011-01-02 00:00:00,1,c",
        f"3,A,0,{ORDERED_AT},1,nobody",
    ]

    got = features_of(tmp_path, lines, as_of_us=ORDERED_AT_US + 3 * DAY_US)

    assert got == [Features("c", 3, 1, 10_000, 1)]


def test_studies_count_what_was_bought_and_paid_for(tmp_path: Path) -> None:
    # Given an order with an equal line twice, a gift, and a return
    lines = [f"1,A,2,{ORDERED_AT},1.5,c", f"1,A,2,{ORDERED_AT},1.5,c", f"2,B,1,{ORDERED_AT},0,c"]
    path = tmp_path / "lines.csv"
    path.write_text("\n".join([HEADER, *lines, f"C3,A,-1,{ORDERED_AT},1.5,c"]) + "\n")

    with open_history(path, "online-retail") as history:
        got = {
            counting: features(history, as_of_us=ORDERED_AT_US, window_us=None, counting=counting)
            for counting in (AS_STREAMED, Counting(is_gross=True), Counting(is_gross=True, is_distinct=True))
        }

    assert [rows[0][2:] for rows in got.values()] == [(2, 45_000, 2), (1, 60_000, 1), (1, 30_000, 1)]


def test_a_gift_is_a_purchase(tmp_path: Path) -> None:
    got = features_of(tmp_path, [f"1,A,1,{ORDERED_AT},0,c"], as_of_us=ORDERED_AT_US)

    assert got == [Features("c", 0, 1, 0, 1)]


def test_lines_that_count_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "lines.csv"
    late = "2,A,1,2011-02-01 00:00:00,1,c"
    path.write_text("\n".join([HEADER, f"1,A,1,{ORDERED_AT},1,c", f"1,B,0,{ORDERED_AT},1,c", late]))

    with open_history(path, "online-retail") as history:
        assert counted_lines(history, as_of_us=ORDERED_AT_US, window_us=None) == 1
