"""What is told about a file: every line left out has a reason, a place, a value and a mend; returns are found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stream_app.cli import app
from stream_app.commands.file_report import backfill_lines
from stream_app.core.errors import UsageError
from stream_app.history.columns import columns_text
from stream_app.history.reading import open_history
from stream_app.history.reasons import REASONS
from stream_app.history.report import Example
from stream_app.history.writing import Writing
from tests.builders import a_read_report
from tests.shop_files import COLUMNS, a_column, a_file, a_table, read

LINES = [
    "o1,c1,p,2,1.50,2025-01-15",
    "o2,,p,2,1.50,2025-01-15",
    "o3,NULL,p,2,1.50,2025-01-15",
    ",c1,p,2,1.50,2025-01-15",
    "o5,c1,n/a,2,1.50,2025-01-15",
    "5.4E+12,c1,p,2,1.50,2025-01-15",
    f"o7,{'c' * 257},p,2,1.50,2025-01-15",
    f"{'o' * 681},c1,p,2,1.50,2025-01-15",
    "o9,c1,p,2,1.50,31/31/2025",
    "o10,c1,p,some,1.50,2025-01-15",
    "o11,c1,p,1.5,1.50,2025-01-15",
    "o12,c1,p,2,free,2025-01-15",
    "o13,c1,p,-2,-1.50,2025-01-15",
    "o14,c1,p,2,1.50,1969-01-15",
    "o15,c1,p,0,1.50,2025-01-15",
    "o16,c1,p,2",
]


def test_every_reason_is_told_with_its_first_line_and_what_stands_there(tmp_path: Path) -> None:
    orders, report = read(a_file(tmp_path, LINES))

    got = {example.code: (example.lines, example.first_line, example.value) for example in report.examples}
    assert got == {
        "malformed": (1, 17, "o16,c1,p,2"),
        "no_customer": (2, 3, "order_id o2"),
        "no_order": (1, 5, "customer_id c1"),
        "no_product": (1, 6, "order_id o5"),
        "id_damaged": (1, 7, "5.4E+12 | c1 | p | 2 | 1.50 | 2025-01-15"),
        "id_too_long": (2, 8, "o7 | " + "c" * 55 + "…"),
        "bad_time": (1, 10, "ordered_at 31/31/2025"),
        "bad_quantity": (1, 11, "quantity some"),
        "quantity_fraction": (1, 12, "quantity 1.5"),
        "bad_money": (1, 13, "unit_price free"),
        "price_negative": (1, 14, "unit_price -1.50"),
        "out_of_range": (1, 15, "o14 | c1 | p | 2 | 1.50 | 1969-01-15"),
        "quantity_zero": (1, 16, "product_id p"),
    }
    assert [example.code for example in report.examples] == [code for code in REASONS if code in got]
    assert (report.lines_read, report.lines_kept) == (len(LINES), 1)
    assert [order.order_id for order in orders] == ["o1", "o15"]


def test_the_report_is_read_by_programs_as_well(tmp_path: Path) -> None:
    _, report = read(a_file(tmp_path, LINES[:2]), writing=Writing("Europe/Berlin"))

    told = json.loads(json.dumps(report.to_json()))

    assert told["lines_read"] == 2
    assert told["first_order_at"] == "2025-01-14T23:00:00Z"
    assert told["skipped"] == [
        {
            "reason": "no_customer",
            "lines": 1,
            "first_line": 3,
            "value": "order_id o2",
            "words": REASONS["no_customer"].words,
            "mend": REASONS["no_customer"].mend,
        }
    ]
    assert told["columns"]["unit_price"] == {"column": "price", "written": "1.50", "understood": "3 for the line"}
    assert told["columns"]["quantity"]["understood"] == "2 pieces"
    assert told["written"] == "commas, UTF-8"


def test_a_file_without_a_line_that_counts_still_tells_its_columns(tmp_path: Path) -> None:
    _, report = read(a_file(tmp_path, ["o,,p,1,1,2025-01-15"]))

    assert [(c.field, c.column, c.meaning) for c in report.columns][:1] == [("order_id", "order", "")]
    assert report.to_json()["last_order_at"] is None


@pytest.mark.parametrize("words", [("--dry-run",), ("--dry-run", "--json"), ("--yes",)])
@pytest.mark.parametrize(
    ("lines", "said"), [([], "no line below them"), (["o,,p,1,1,2025-01-15"], "lines that were left out say why")]
)
def test_a_file_without_an_order_is_refused_even_when_it_is_only_looked_at(
    tmp_path: Path, words: tuple[str, ...], lines: list[str], said: str
) -> None:
    file = a_file(tmp_path, lines)

    done = CliRunner().invoke(app, ["load", str(file), "--columns", columns_text(COLUMNS), *words])

    assert isinstance(done.exception, UsageError)
    assert str(file) in done.exception.cause
    assert said in str(done.exception)


def test_lines_below_zero_are_a_return_and_beside_bought_ones_under_an_id_of_its_own(tmp_path: Path) -> None:
    lines = [
        "mixed,c,p,2,1.50,2025-01-15",
        "mixed,c,q,-1,1.50,2025-01-15",
        "mixed,c,DISCOUNT,1,-0.50,2025-01-15",
        "back,c,p,-1,1.50,2025-01-16",
    ]

    orders, report = read(a_file(tmp_path, lines))

    assert [(order.order_id, order.type, order.lines) for order in orders] == [
        ("mixed", "order", [("p", 2, 30_000)]),
        ("mixed/return", "return", [("q", 1, 15_000), ("DISCOUNT", 1, 5_000)]),
        ("back", "return", [("p", 1, 15_000)]),
    ]
    assert report.remarks == (Example("return", 3, 3, "order_id mixed"),)


def test_the_id_of_returned_lines_must_be_free(tmp_path: Path) -> None:
    lines = ["a,c,p,2,1,2025-01-15", "a,c,q,-1,1,2025-01-15", "a/return,c,p,1,1,2025-01-15"]

    with pytest.raises(UsageError, match="customer c has two orders a/return"):
        read(a_file(tmp_path, lines))


def test_a_prefix_may_mark_returns_whatever_their_sign(tmp_path: Path) -> None:
    path = a_column(tmp_path, "order", ["G1", "R1"])

    orders, _ = read(path, return_prefix="G")

    assert [(order.order_id, order.type) for order in orders] == [("G1", "return"), ("R1", "order")]


def test_a_column_may_say_what_is_a_return(tmp_path: Path) -> None:
    columns = COLUMNS | {"type": "customer"}
    path = a_column(tmp_path, "customer", ["Sale", "REFUND", "Gutschrift", ""])

    orders, report = read(path, columns=columns | {"customer_id": "product"})

    assert [order.type for order in orders] == ["order", "return", "return", "order"]
    assert report.columns[-1].field == "type"


def test_words_that_may_mean_anything_are_refused_until_it_is_said_which_are_returns(tmp_path: Path) -> None:
    columns = COLUMNS | {"type": "customer", "customer_id": "product"}
    path = a_column(tmp_path, "customer", ["sale", "ZGS", "ZTA", "ZGS"])

    with pytest.raises(UsageError, match=r"'ZGS' \(2 from line 3\), 'ZTA' \(1 from line 4\).*--return-types"):
        read(path, columns=columns)
    orders, _ = read(path, columns=columns, return_types=["zgs"])
    assert [order.type for order in orders] == ["order", "return", "order", "return"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'big' AS \"order\", i AS product, 1 AS pieces, 1.0 AS price FROM range(5001) rows(i)",
        "SELECT 'big' AS \"order\", i AS product, 1 AS pieces, 400000000.0 AS price FROM range(3) rows(i)",
        "SELECT 'big' AS \"order\", repeat('p', 600) || i AS product, 1 AS pieces, 1.0 AS price FROM range(1600) r(i)",
    ],
    ids=["lines", "money", "bytes"],
)
def test_an_order_that_no_worker_would_take_is_left_out_whole(tmp_path: Path, sql: str) -> None:
    small = "SELECT 'small', 'p', 0, 1.0 UNION ALL SELECT 'small', 'p', 1, 1.0"
    path = a_table(tmp_path, f"SELECT *, 'c' AS customer, DATE '2025-01-15' AS time FROM ({sql} UNION ALL {small})")

    orders, report = read(path)

    assert [(order.order_id, len(order.lines)) for order in orders] == [("small", 2)]
    assert report.skipped == {"order_too_large": report.lines_read - 2, "quantity_zero": 1}
    assert report.orders == 1


def test_a_known_format_keeps_its_own_rules_for_signs(tmp_path: Path) -> None:
    header = "InvoiceNo,CustomerID,StockCode,Quantity,UnitPrice,InvoiceDate"
    lines = ["1,c,p,-1,1,2025-01-15", "C1,c,p,1,1,2025-01-15", "2,c,p,1,-1,2025-01-15"]

    with open_history(a_file(tmp_path, lines, header=header), "online-retail") as history:
        assert history.report.skipped == {"quantity_sign": 2, "price_negative": 1}
        assert history.report.remarks == ()


def test_a_backfill_tells_what_became_of_every_order_and_line() -> None:
    report = a_read_report(
        skipped={"no_customer": 10, "quantity_zero": 1},
        examples=(Example("no_customer", 10, 17, "O17"), Example("quantity_zero", 1, 18, "P1")),
    )

    assert list(backfill_lines(report, sent=1, already_there=300)) == [
        "Of the file:",
        "          1  order sent by this run",
        "        300  orders there already",
        "         99  orders still to be sent",
        "         10  lines rejected, for the reasons above",
        "          1  line skipped: quantity 0",
        "        300  customers, 2024-01-01 to 2025-06-01",
    ]
    assert list(backfill_lines(a_read_report(orders=7, examples=()), sent=0, already_there=7))[1:3] == [
        "          0  orders sent by this run",
        "          7  orders there already",
    ]
