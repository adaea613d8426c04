"""Both kinds of file, as parquet and as CSV, give the same orders; what is left out is counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from stream_app.contract.wire import decode_order
from stream_app.core.errors import UsageError
from stream_app.history.completejourney import completejourney_path
from stream_app.history.formats import Format
from stream_app.history.historic_order import HistoricOrder
from stream_app.history.reading import open_history
from stream_app.history.writing import Writing

RETAIL_HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
RETAIL_LINES = [
    "536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
    "536365,71053,LANTERN,2,2010-12-01 08:27:00,3.391,17850,United Kingdom",
    "536365,71053,LANTERN,2,2010-12-01 08:27:00,3.391,17850,United Kingdom",
    "536366,FREE,GIFT,1,2010-12-01 08:00:00,0,13047,United Kingdom",
    "C536379,85123A,WHITE HEART,-6,2010-12-02 09:41:00,2.55,17850,United Kingdom",
    "536370,85123A,NO CUSTOMER,6,2010-12-01 08:26:00,2.55,,United Kingdom",
    "536371,85123A,WRONG SIGN,-6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
    "C536372,85123A,WRONG SIGN,6,2010-12-01 08:26:00,2.55,17850,United Kingdom",
    "536373,85123A,NEGATIVE,6,2010-12-01 08:26:00,-2.55,17850,United Kingdom",
    "536374,85123A,NO TIME,6,someday,2.55,17850,United Kingdom",
    "536375,85123A,HALF A PIECE,0.5,2010-12-01 08:26:00,2.55,17850,United Kingdom",
    "536376,85123A,NO PRICE,6,2010-12-01 08:26:00,nan,17850,United Kingdom",
    "536377,85123A,TOO DEAR,2000,2010-12-01 08:26:00,600000,17850,United Kingdom",
]
RETAIL_ORDERS = [
    HistoricOrder("536366", "13047", 1_291_190_400_000_000, "order", [("FREE", 1, 0)]),
    HistoricOrder(
        "536365",
        "17850",
        1_291_191_960_000_000,
        "order",
        [("85123A", 6, 153_000), ("71053", 2, 67_820), ("71053", 2, 67_820)],
    ),
    HistoricOrder("C536379", "17850", 1_291_282_860_000_000, "return", [("85123A", 6, 153_000)]),
]
JOURNEY_HEADER = "household_id,store_id,basket_id,product_id,quantity,sales_value,transaction_timestamp"
JOURNEY_LINES = [
    "900,330,31198570044,1095275,1,0.5,2017-01-01 11:53:26",
    "900,330,31198570044,9878513,3,0.1,2017-01-01 11:53:26",
    "900,330,31198570044,1041453,0,1.43,2017-01-01 11:53:26",
    "7,330,31198570045,1041453,0,0,2017-01-01 11:53:27.25",
]


def a_csv(path: Path, header: str, lines: list[str]) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def a_parquet(csv: Path) -> Path:
    """The same file with the types that a data frame gives its columns."""
    path = csv.with_suffix(".parquet")
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{csv}')) TO '{path}' (FORMAT parquet)")
    return path


@pytest.mark.parametrize("is_parquet", [False, True])
def test_online_retail_gives_purchases_and_returns_in_time_order(tmp_path: Path, is_parquet: bool) -> None:
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, RETAIL_LINES)

    with open_history(a_parquet(path) if is_parquet else path, "online-retail") as history:
        orders = list(history.orders())

    assert orders == RETAIL_ORDERS


@pytest.mark.parametrize("is_parquet", [False, True])
def test_every_line_left_out_is_counted_by_its_reason(tmp_path: Path, is_parquet: bool) -> None:
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, RETAIL_LINES)

    with open_history(a_parquet(path) if is_parquet else path, "online-retail") as history:
        report = history.report

    assert report.skipped == {
        "bad_money": 1,
        "bad_time": 1,
        "no_customer": 1,
        "out_of_range": 1,
        "price_negative": 1,
        "quantity_fraction": 1,
        "quantity_sign": 2,
    }
    assert (report.lines_read, report.lines_kept) == (13, 5)
    assert (report.orders, report.customers) == (3, 2)
    assert (report.first_us, report.last_us) == (1_291_190_400_000_000, 1_291_282_860_000_000)


@pytest.mark.parametrize("is_parquet", [False, True])
def test_completejourney_keeps_lines_of_quantity_zero_in_their_basket_and_counts_them(
    tmp_path: Path, is_parquet: bool
) -> None:
    path = a_csv(tmp_path / "journey.csv", JOURNEY_HEADER, JOURNEY_LINES)

    with open_history(a_parquet(path) if is_parquet else path, "completejourney") as history:
        orders = list(history.orders())
        report = history.report

    lines = [("1095275", 1, 5_000), ("9878513", 3, 1_000), ("1041453", 0, 14_300)]
    assert orders == [
        HistoricOrder("31198570044", "900", 1_483_271_606_000_000, "order", lines),
        HistoricOrder("31198570045", "7", 1_483_271_607_250_000, "order", [("1041453", 0, 0)]),
    ]
    assert (report.lines_kept, report.skipped) == (2, {"quantity_zero": 2})


def test_an_invoice_of_two_customers_is_two_orders(tmp_path: Path) -> None:
    lines = [
        "1,A,X,1,2010-12-01 08:00:00,1,100,UK",
        "1,B,X,1,2010-12-01 09:00:00,1,200,UK",
        "1,C,X,1,2010-12-01 10:00:00,1,100,UK",
    ]
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, lines)

    with open_history(path, "online-retail") as history:
        got = [(o.customer_id, [line[0] for line in o.lines]) for o in history.orders()]

    assert got == [("100", ["A", "C"]), ("200", ["B"])]


def test_orders_are_read_from_one_instant_until_before_another(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, RETAIL_LINES)
    first, second, third = (order.ordered_at_us for order in RETAIL_ORDERS)

    with open_history(path, "online-retail") as history:
        until = [order.order_id for order in history.orders(until_us=second)]
        middle = [o.order_id for o in history.orders(from_us=second, until_us=third)]
        since = [order.order_id for order in history.orders(from_us=first + 1)]

    assert until == ["536366"]
    assert middle == ["536365"]
    assert since == ["536365", "C536379"]


def test_a_naive_time_is_one_of_the_given_time_zone(tmp_path: Path) -> None:
    lines = [
        "1,A,X,1,2011-07-01 10:00:00,1,100,UK",
        "2,A,X,1,2011-07-01T10:00:00Z,1,100,UK",
        "3,A,X,1,7/1/2011 10:00,1,100,UK",
    ]
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, lines)

    with open_history(path, "online-retail", writing=Writing(timezone="Europe/London")) as history:
        got = {json.loads(o.to_json())["ordered_at"]: o.order_id for o in history.orders()}

    assert got == {"2011-07-01T09:00:00Z": "3", "2011-07-01T10:00:00Z": "2"}


def test_ids_that_became_floats_and_a_latin_1_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "retail.CSV.gz"
    text = f"{RETAIL_HEADER}\n536365,85123A,£ MUG,6,12/1/2010 8:26,2.55,17850.0,UK\n"
    path.write_bytes(gzip.compress(text.encode("latin-1")))

    with open_history(path, "online-retail") as history:
        (order,) = history.orders()

    assert (order.customer_id, order.ordered_at_us) == ("17850", 1_291_191_960_000_000)


def test_a_shop_brings_its_own_file_by_naming_its_columns(tmp_path: Path) -> None:
    own = Format(
        name="own",
        order_id=("Bestellung",),
        customer_id=("Kunde",),
        product_id=('Artikel "neu"',),
        quantity=("Menge",),
        money=("Summe",),
        ordered_at=("Zeit",),
    )
    header = 'Kunde,Bestellung,"Artikel ""neu""",Menge,Summe,Zeit'
    path = a_csv(tmp_path / "own.csv", header, ["k,b,a,2,9.99,2026-01-01T00:00:00+01:00"])

    with open_history(path, own) as history:
        (order,) = history.orders()

    assert order == HistoricOrder("b", "k", 1_767_222_000_000_000, "order", [("a", 2, 99_900)])


@pytest.mark.parametrize("name", ["a*b.csv", "a?b.csv", "a[1]b.csv", "a{1,2}b.csv", "a 'b.csv"])
def test_a_files_name_is_never_taken_for_a_pattern(tmp_path: Path, name: str) -> None:
    a_csv(tmp_path / "a1b.csv", RETAIL_HEADER, RETAIL_LINES)
    path = a_csv(tmp_path / name, RETAIL_HEADER, RETAIL_LINES)

    with open_history(path, "online-retail") as history:
        assert history.report.lines_read == len(RETAIL_LINES)


def test_two_iterations_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, RETAIL_LINES)

    with open_history(path, "online-retail") as history:
        pairs = list(zip(history.orders(), history.orders(), strict=True))

    assert pairs == [(order, order) for order in RETAIL_ORDERS]


def test_the_json_of_an_order_is_the_contracts() -> None:
    purchase, returned = RETAIL_ORDERS[0], RETAIL_ORDERS[2]

    assert purchase.to_json() == (
        b'{"order_id":"536366","customer_id":"13047","ordered_at":"2010-12-01T08:00:00Z",'
        b'"lines":[{"product_id":"FREE","quantity":1,"amount":0.0}]}'
    )
    assert returned.to_json() == (
        b'{"order_id":"C536379","customer_id":"17850","ordered_at":"2010-12-02T09:41:00Z",'
        b'"type":"return","lines":[{"product_id":"85123A","quantity":6,"amount":15.3}]}'
    )


@pytest.mark.parametrize("amount", [1, 3, 153_000, 168_469_600_0, 10**13 - 1, 10**13, 99_999_999])
def test_an_amount_is_read_back_from_the_json_exactly(amount: int) -> None:
    order = HistoricOrder("o", 'c"\u2603', 1_500_000, "order", [("p", 1, amount)])

    got = decode_order(order.to_json())

    assert round((got.lines[0].amount or 0) * 10_000) == amount
    assert got.customer_id == 'c"\u2603'
    assert got.ordered_at.isoformat() == "1970-01-01T00:00:01.500000+00:00"


@pytest.mark.parametrize(
    ("name", "content", "format", "words"),
    [
        ("a.csv", "InvoiceNo\n1\n", "online-retail", "no column CustomerID, StockCode, Quantity"),
        ("a.csv", "", "no-such", "is not a format"),
        ("a.xlsx", "", "online-retail", "is a spreadsheet"),
        ("a.orc", "", "online-retail", "neither in .parquet nor in .csv"),
        ("a.parquet", "not parquet", "online-retail", "cannot be read"),
        ("a.csv.gz", "not gzip", "online-retail", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: str, format: str, words: str) -> None:
    path = tmp_path / name
    path.write_text(content)

    with pytest.raises(UsageError, match=words):
        open_history(path, format)


def test_a_missing_file_and_an_unknown_time_zone_are_named(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, RETAIL_LINES)

    with pytest.raises(UsageError, match="is not a file"):
        open_history(tmp_path / "none.csv", "online-retail")
    with pytest.raises(UsageError, match="is not a time zone"):
        open_history(path, "online-retail", writing=Writing(timezone="Mars/Olympus"))


def test_a_file_without_orders_gives_an_empty_history(tmp_path: Path) -> None:
    path = a_csv(tmp_path / "retail.csv", RETAIL_HEADER, [])

    with open_history(path, "online-retail") as history:
        assert list(history.orders()) == []
        assert (history.report.lines_read, history.report.first_us) == (0, None)


def test_the_demonstrations_data_is_found_without_loading_its_package() -> None:
    assert completejourney_path().name == "transactions.parquet"
