"""Numbers as shops write them are read exactly; what could be two numbers is refused."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from stream_app.core.errors import UsageError
from stream_app.history.writing import DecimalMark, Writing, decimal_from
from tests.shop_files import COLUMNS, a_column, a_file, a_table, read


def amounts(path: Path, mark: DecimalMark | None = None) -> list[int | None]:
    """Return each order's money in ten-thousandths, None where its line was left out."""
    orders, report = read(path, writing=Writing(decimal=mark))
    by_id = {order.order_id: order.lines[0][2] for order in orders}
    return [by_id.get(f"o{number}") for number in range(report.lines_read)]


WITH_A_COMMA = {
    "12,50": 125_000, "1.234,50": 12_345_000, "1.234.567": 12_345_670_000, "0,0001": 1,
    "1 234,50": 12_345_000, "1\u00a0234,50": 12_345_000, "1\u202f234,50": 12_345_000,
    "1'234,50": 12_345_000, "1’234,50": 12_345_000, " 12,50 ": 125_000, "+12,50": 125_000,
    "€ 12,50": 125_000, "12,50 €": 125_000, "12,50€": 125_000,
    "12,-": 120_000, "12,–": 120_000, ",5": 5_000, "1,5e2": 1_500_000, "7": 70_000,
    "1.23": None, "12.345.6": None, "1.2345,00": None, "12,50,00": None, "zwölf": None, "€": None, "nan": None,
    "inf": None, "12,50 Stück": None, "0x10": None, "1_000": None, "--5": None, "(12,50": None,
}  # fmt: skip

WITH_A_POINT = {
    "12.50": 125_000, "1,234.50": 12_345_000, "1,234,567": 12_345_670_000, "1234.5678": 12_345_678,
    "$1,234.50": 12_345_000, "$ 12.50": 125_000, "12.50$": 125_000, "$1,23,456.50": 1_234_565_000,
    "1'234.50": 12_345_000, ".5": 5_000, "5.": 50_000, "1e-4": 1, "1.5E2": 1_500_000,
    "12,5": None, "1,23": None, "1.2.3": None, "1,2345.00": None,
}  # fmt: skip


@pytest.mark.parametrize(("mark", "numbers"), [("comma", WITH_A_COMMA), ("point", WITH_A_POINT)])
def test_numbers_are_read_with_all_that_may_stand_around_them(
    tmp_path: Path, mark: DecimalMark, numbers: dict[str, int | None]
) -> None:
    got = amounts(a_column(tmp_path, "price", [*numbers]), mark)

    assert dict(zip(numbers, got, strict=True)) == numbers


@pytest.mark.parametrize("sign", ["EUR", "eur", "kr", "kr.", "zł", "US$", "R$", "CHF", "Fr.", "₹", "Kč"])
def test_money_may_have_its_currency_on_either_side(tmp_path: Path, sign: str) -> None:
    written = [f"{sign} 12.50", f"12.50 {sign}", f"-{sign}12.50", f"{sign} -12.50"]

    assert amounts(a_column(tmp_path, "price", written)) == [125_000] * 4


def test_money_below_zero_in_any_fashion_is_a_return(tmp_path: Path) -> None:
    written = ["-12,50", "−12,50", "12,50-", "(12,50)", "- 12,50 €", "€ -12,50", "€12,50-", "-€12,50", "(€12,50)"]

    orders, report = read(a_column(tmp_path, "price", written))

    assert [(order.type, order.lines) for order in orders] == [("return", [("p", 1, 125_000)])] * len(written)
    assert [(remark.code, remark.lines) for remark in report.remarks] == [("return", len(written))]


@pytest.mark.parametrize(
    ("written", "mark"),
    [
        (["1,234", "12,5"], "comma"), (["1.234", "1.234,5"], "comma"), (["1.234.567"], "comma"), (["0,123"], "comma"),
        (["1234,567"], "comma"), (["1.234", "12.5"], "point"), (["1,234", "1,234.5"], "point"),
        (["1,234,567"], "point"), (["0.123"], "point"), (["12", "7"], "point"), (["3,-"], "point"),
    ],
)  # fmt: skip
def test_the_whole_column_tells_the_mark(tmp_path: Path, written: list[str], mark: str) -> None:
    _, report = read(a_column(tmp_path, "price", written))

    assert report.decided["decimal"] == mark


@pytest.mark.parametrize("written", [["1,234"], ["1.234", "12"], ["€ 999.000", "1.234"]])
def test_a_column_that_leaves_the_mark_open_is_refused_with_the_flag_that_decides(
    tmp_path: Path, written: list[str]
) -> None:
    path = a_column(tmp_path, "price", written)

    with pytest.raises(UsageError, match=r"column price: .* \(line 2\) may be .*--decimal comma .*--decimal point"):
        read(path)
    assert amounts(path, "comma") != amounts(path, "point")


def test_a_column_at_odds_with_itself_is_refused_with_one_line_for_each_mark(tmp_path: Path) -> None:
    path = a_column(tmp_path, "price", ["1", "12,50", "12.50"])

    with pytest.raises(UsageError, match=r"both decimal marks: '12,50' \(line 3\) and '12.50' \(line 4\)"):
        read(path)
    assert amounts(path, "comma") == [10_000, 125_000, None]


def test_quantities_are_read_like_the_money_beside_them(tmp_path: Path) -> None:
    (order,), _ = read(a_column(tmp_path, "pieces", ["1.000"], price="0,5"))
    (other,), _ = read(a_column(tmp_path, "pieces", ["1.000"], price="0.5"))

    assert order.lines == [("p", 1_000, 5_000_000)]
    assert other.lines == [("p", 1, 5_000)]


def test_a_data_frames_quantities_may_have_points_beside_decimal_commas(tmp_path: Path) -> None:
    (order,), _ = read(a_column(tmp_path, "pieces", ["6.0"], price="0,5"), writing=Writing(decimal="comma"))

    assert order.lines == [("p", 6, 30_000)]


def test_money_of_more_than_four_decimals_is_rounded_once_and_said(tmp_path: Path) -> None:
    written = ["0.00125", "0.00005", "0.000049", "1.23456789"]
    orders, report = read(a_column(tmp_path, "price", written, pieces="1000"))

    assert [order.lines[0][2] for order in orders] == [12_500, 500, 490, 12_345_679]
    assert [(remark.code, remark.lines, remark.first_line) for remark in report.remarks] == [("rounded", 1, 5)]


def test_halves_are_rounded_away_from_zero(tmp_path: Path) -> None:
    assert amounts(a_column(tmp_path, "price", ["0.00005", "0.00015", "0.00014999"])) == [1, 2, 1]


def test_a_float_is_the_decimal_that_it_was_written_as(tmp_path: Path) -> None:
    path = a_table(
        tmp_path,
        """SELECT 'o' || i AS "order", 'c' AS customer, 'p' AS product, 1000000 AS pieces, price,
        DATE '2025-01-15' AS time
        FROM (VALUES (0, 2.55::DOUBLE), (1, 0.1::DOUBLE + 0.2::DOUBLE), (2, 123.4567::DOUBLE), (3, 1e-4::DOUBLE))
            rows(i, price)""",
    )

    assert amounts(path) == [25_500_000_000, 3_000_000_000, 1_234_567_000_000, 1_000_000]


@pytest.mark.parametrize("kind", ["FLOAT", "DOUBLE", "DECIMAL(12, 4)", "VARCHAR"])
def test_every_type_of_money_in_a_table_gives_the_same(tmp_path: Path, kind: str) -> None:
    path = a_table(
        tmp_path,
        f"""SELECT 'o0' AS "order", 5 AS customer, 'p' AS product, 3::UTINYINT AS pieces, 2.55::{kind} AS price,
        DATE '2025-01-15' AS time""",
    )

    assert amounts(path) == [76_500]


LEFT_OUT = [
    ("0.5", "1", "quantity_fraction"), ("many", "1", "bad_quantity"), ("", "1", "bad_quantity"),
    ("1", "", "bad_money"), ("-1", "-1", "price_negative"), ("1", "1000000000.0001", "out_of_range"),
    ("1000000001", "0", "out_of_range"), ("2", "500000000.1", "out_of_range"), ("1", "1e30", "bad_money"),
    ("1", "1e20", "out_of_range"), ("0", "5", "quantity_zero"),
]  # fmt: skip


def test_numbers_that_cannot_be_counted_are_left_out_with_the_reason(tmp_path: Path) -> None:
    lines = [f"o{number},c,p,{pieces},{price},2025-01-15" for number, (pieces, price, _) in enumerate(LEFT_OUT)]

    _, report = read(a_file(tmp_path, lines))

    assert report.skipped == Counter(reason for *_, reason in LEFT_OUT)
    assert report.lines_kept == 0


def test_the_largest_money_is_exact(tmp_path: Path) -> None:
    path = a_column(tmp_path, "price", ["999999.9999"], pieces="1000")

    assert amounts(path) == [9_999_999_999_000]


def test_two_currencies_in_one_column_are_not_added_up(tmp_path: Path) -> None:
    path = a_column(tmp_path, "price", ["12.50 €", "12.50", "$12.50"])

    with pytest.raises(UsageError, match=r"more than one currency: € \(line 2\), \$ \(line 4\)"):
        read(path)


def test_a_column_of_currencies_leaves_out_what_is_in_another_one(tmp_path: Path) -> None:
    columns = COLUMNS | {"currency": "customer"}
    path = a_column(tmp_path, "customer", ["EUR", "€", "gbp", "eur"])

    orders, report = read(path, columns=columns)

    assert len(orders) == 3
    assert report.skipped == {"other_currency": 1}
    with pytest.raises(UsageError, match="SEGSTREAM_CURRENCY=EUR"):
        read(path, columns=columns, writing=Writing(currency="USD"))


def test_a_decimal_mark_is_named_or_written() -> None:
    assert [decimal_from(text) for text in ("comma", "Point", ",", ".")] == ["comma", "point"] * 2
    assert decimal_from(None) is None
    with pytest.raises(UsageError, match="'dot' is no decimal mark"):
        decimal_from("dot")
