"""Times as shops write them; what could be two dates is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from stream_app.core.errors import UsageError
from stream_app.core.instants import rfc3339
from stream_app.history.writing import Dates, Writing, dates_from
from tests.shop_files import a_column, a_table, read


def instants(path: Path, dates: Dates | None = None, zone: str = "UTC") -> list[str | None]:
    """Return each order's instant, None where its line was left out."""
    orders, report = read(path, writing=Writing(zone, dates))
    by_id = {order.order_id: rfc3339(order.ordered_at_us) for order in orders}
    return [by_id.get(f"o{number}") for number in range(report.lines_read)]


CLEAR: dict[str, str | None] = {
    "2025-12-31": "2025-12-31T00:00:00Z",
    "2025-12-31 14:05": "2025-12-31T14:05:00Z",
    "2025-12-31T14:05:06": "2025-12-31T14:05:06Z",
    "2025-12-31 14:05:06.1234567": "2025-12-31T14:05:06.123456Z",
    "2025-12-31 14:05:06.9999999999": "2025-12-31T14:05:06.999999Z",
    "2025-12-31 14:05:06,25": "2025-12-31T14:05:06.250000Z",
    "2025-12-31T14:05:06Z": "2025-12-31T14:05:06Z",
    "2025-12-31T14:05+01:00": "2025-12-31T13:05:00Z",
    "2025-12-31 14:05:06 -0330": "2025-12-31T17:35:06Z",
    "2025-12-31 14:05:06+02": "2025-12-31T12:05:06Z",
    "2025-12-31 14:05:06 UTC": "2025-12-31T14:05:06Z",
    "2025/12/31 14:05": "2025-12-31T14:05:00Z",
    "2025.12.31": "2025-12-31T00:00:00Z",
    "2025-1-5 8:05": "2025-01-05T08:05:00Z",
    "2025-12-31 2:05 PM": "2025-12-31T14:05:00Z",
    "31-Dec-2025 14:05:06": "2025-12-31T14:05:06Z",
    "Wed, 31 Dec 2025 14:05:06 +0100": "2025-12-31T13:05:06Z",
    "December 31st, 2025": "2025-12-31T00:00:00Z",
    "Dec 31 2025 2:05 PM": "2025-12-31T14:05:00Z",
    "20251231": "2025-12-31T00:00:00Z",
    "20251231T140506Z": "2025-12-31T14:05:06Z",
    "20251231140506": "2025-12-31T14:05:06Z",
    "20251231 14:05": "2025-12-31T14:05:00Z",
    "1767189906": "2025-12-31T14:05:06Z",
    "1767189906.25": "2025-12-31T14:05:06.250000Z",
    "1767189906250": "2025-12-31T14:05:06.250000Z",
    "1767189906250001": "2025-12-31T14:05:06.250001Z",
    "1767189906250001999": "2025-12-31T14:05:06.250001Z",
    "2025-02-30": None,
    "25:00": None,
    "2025-12-31 25:00": None,
    "2025-12-31 14:05 Mars": None,
    "45657.5": None,
    "yesterday": None,
    "infinity": None,
    "": None,
}
DAY_FIRST: dict[str, str | None] = {
    "31.12.2025 14:05": "2025-12-31T14:05:00Z",
    "31.12.2025, 14:05:06": "2025-12-31T14:05:06Z",
    "31. 12. 2025 14.05": "2025-12-31T14:05:00Z",
    "31/12/2025": "2025-12-31T00:00:00Z",
    "31-12-2025 14h05": "2025-12-31T14:05:00Z",
    "31.12.69 23:59": "2069-12-31T23:59:00Z",
    "31.12.70": "1970-12-31T00:00:00Z",
    "31.02.2025": None,
    "31.13.2025": None,
}
MONTH_FIRST: dict[str, str | None] = {
    "12/31/2025 2:05 PM": "2025-12-31T14:05:00Z",
    "12/31/2025, 2:05:06\u202fp.m.": "2025-12-31T14:05:06Z",
    "12/31/25 12:05 am": "2025-12-31T00:05:00Z",
    "12/31/2025 12:05PM": "2025-12-31T12:05:00Z",
    "12/31/2025 14:05 PM": None,
    "12/31/2025 0:05 AM": None,
}


@pytest.mark.parametrize("times", [CLEAR, DAY_FIRST, MONTH_FIRST])
def test_times_are_read_in_many_fashions(tmp_path: Path, times: dict[str, str | None]) -> None:
    got = instants(a_column(tmp_path, "time", [*times]))

    assert dict(zip(times, got, strict=True)) == times


def test_times_that_no_order_may_have_are_out_of_range(tmp_path: Path) -> None:
    _, report = read(a_column(tmp_path, "time", ["1969-12-31 23:59", "9999-01-01"]))

    assert report.skipped == {"out_of_range": 2}


@pytest.mark.parametrize(
    ("written", "dates"),
    [
        (["01.02.2025", "13.02.2025"], "dmy"),
        (["01/02/2025", "02/13/2025"], "mdy"),
        (["01-02-03", "32-02-03"], "ymd"),
        (["01.02.25", "13.02.32"], "dmy"),
        (["05.05.2025", "06.06.2025"], "dmy"),
    ],
)
def test_the_whole_column_tells_the_order_of_day_and_month(tmp_path: Path, written: list[str], dates: str) -> None:
    path = a_column(tmp_path, "time", written)

    _, report = read(path)

    assert report.decided["dates"] == dates
    assert instants(path) == instants(path, dates_from(dates))


@pytest.mark.parametrize(
    "written", [["01.02.2025"], ["1/2/2025 10:00", "12/11/2025 8:05"], ["05.05.2025", "05.06.2025"]]
)
def test_dates_that_leave_it_open_are_refused_with_the_flag_that_decides(tmp_path: Path, written: list[str]) -> None:
    path = a_column(tmp_path, "time", written)

    with pytest.raises(UsageError, match=r"column time: .*may begin with the day.*--dates dmy .*--dates mdy "):
        read(path)
    assert instants(path, "dmy") != instants(path, "mdy")


def test_dates_of_both_orders_are_refused_with_one_of_each(tmp_path: Path) -> None:
    path = a_column(tmp_path, "time", ["31.12.2025", "12/31/2025"])

    with pytest.raises(UsageError, match=r"'31.12.2025' \(line 2\)"):
        read(path)
    assert instants(path, "mdy") == [None, "2025-12-31T00:00:00Z"]


def test_one_column_may_have_several_fashions_that_are_clear(tmp_path: Path) -> None:
    path = a_column(tmp_path, "time", ["2025-12-31", "31.12.2025", "1767139200", "31 Dec 2025"])

    assert set(instants(path)) == {"2025-12-31T00:00:00Z"}


def test_a_time_that_the_clocks_skip_is_moved_on_and_one_that_they_repeat_is_the_second(tmp_path: Path) -> None:
    written = ["30.03.2025 02:30", "26.10.2025 02:30", "26.10.2025 01:59", "2025-10-26T02:30:00+02:00"]
    path = a_column(tmp_path, "time", written)

    got = instants(path, zone="Europe/Berlin")
    _, report = read(path, writing=Writing("Europe/Berlin"))

    assert got == ["2025-03-30T01:30:00Z", "2025-10-26T01:30:00Z", "2025-10-25T23:59:00Z", "2025-10-26T00:30:00Z"]
    remarks = {remark.code: (remark.lines, remark.value) for remark in report.remarks}
    assert remarks == {
        "time_skipped": (1, "ordered_at 30.03.2025 02:30"),
        "time_repeated": (1, "ordered_at 26.10.2025 02:30"),
    }


TYPED: dict[str, str | None] = {
    "TIMESTAMP '2025-07-01 10:00:00.000001'": "2025-07-01T08:00:00.000001Z",
    "TIMESTAMP_S '2025-07-01 10:00:00'": "2025-07-01T08:00:00Z",
    "TIMESTAMP_NS '2025-07-01 10:00:00.123456789'": "2025-07-01T08:00:00.123456Z",
    "TIMESTAMPTZ '2025-07-01 10:00:00+00'": "2025-07-01T10:00:00Z",
    "DATE '2025-07-01'": "2025-06-30T22:00:00Z",
    "'2025-07-01 10:00'": "2025-07-01T08:00:00Z",
    "1751364000::BIGINT": "2025-07-01T10:00:00Z",
    "1751364000123::BIGINT": "2025-07-01T10:00:00.123000Z",
    "1751364000.5::DOUBLE": "2025-07-01T10:00:00.500000Z",
    "20250701::INTEGER": "2025-06-30T22:00:00Z",
    "NULL::TIMESTAMP": None,
    "'infinity'::TIMESTAMP": None,
}


def test_every_type_of_time_in_a_table_is_read(tmp_path: Path) -> None:
    got = {}
    for sql in TYPED:
        row = f"""SELECT 'o0' AS "order", 'c' AS customer, 'p' AS product, 1 AS pieces, 1.0 AS price, {sql} AS time"""
        (got[sql],) = instants(a_table(tmp_path, row), zone="Europe/Berlin")

    assert got == TYPED


def test_the_lines_of_an_order_have_the_time_of_the_first(tmp_path: Path) -> None:
    path = a_column(tmp_path, "time", ["2025-01-15 10:02", "2025-01-15 10:01"], order="o0", product="p")
    path.write_text(path.read_text().replace("o1", "o0"))

    (order,), _ = read(path)

    assert order.ordered_at_us == datetime(2025, 1, 15, 10, 1, tzinfo=UTC).timestamp() * 1_000_000


def test_an_order_of_dates_is_named() -> None:
    assert [dates_from(text) for text in ("dmy", "MDY", None)] == ["dmy", "mdy", None]
    with pytest.raises(UsageError, match="'dym' is no order of day, month and year"):
        dates_from("dym")
