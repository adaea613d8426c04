"""How a person names the columns of a file, and what cannot make an order."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_app.core.errors import UsageError
from stream_app.history.columns import columns_text, own_format, parse_columns
from stream_app.history.formats import ONLINE_RETAIL, choose_columns, recognise
from tests.shop_files import COLUMNS, a_file, a_table, read


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("order_id=InvoiceNo", {"order_id": "InvoiceNo"}),
        ("order_id = Invoice No , quantity=Qty", {"order_id": "Invoice No", "quantity": "Qty"}),
        ('order_id="No, intern",quantity=Qty', {"order_id": "No, intern", "quantity": "Qty"}),
        ('product_id="Artikel ""neu"""', {"product_id": 'Artikel "neu"'}),
        ("amount=a=b", {"amount": "a=b"}),
        ('amount=" padded "', {"amount": " padded "}),
        ("order_id=No's", {"order_id": "No's"}),
        ("", {}),
    ],
)
def test_columns_are_named_with_commas_spaces_and_quotes(text: str, chosen: dict[str, str]) -> None:
    assert parse_columns(text) == chosen
    assert parse_columns(columns_text(chosen)) == chosen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("order_id", "cannot be read from here on: order_id"),
        ("order_id=", "cannot be read from here on: order_id="),
        ('order_id="open', "cannot be read from here on"),
        ("order=InvoiceNo", "'order' is not a field.*Did you mean order_id"),
        ("order_id=a,order_id=b", "names order_id twice: a and b"),
    ],
)
def test_columns_that_are_named_wrongly_are_answered_with_how_to_write_them(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        parse_columns(text)


def without(*fields: str, **more: str) -> dict[str, str]:
    return {field: name for field, name in (COLUMNS | more).items() if field not in fields}


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (without("customer_id", "ordered_at"), "which column is customer_id, ordered_at"),
        (without("unit_price"), "neither unit_price nor amount"),
        (without(amount="total"), "both unit_price and amount"),
        (without("quantity"), "unit_price but no quantity.*call it amount"),
    ],
)
def test_columns_that_cannot_make_an_order_are_refused(columns: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        own_format(columns)


def test_return_types_need_a_column_that_has_them() -> None:
    with pytest.raises(UsageError, match="Add type="):
        own_format(COLUMNS, return_types=["Storno"])


def test_a_column_is_found_in_other_capitals_and_the_exact_name_wins(tmp_path: Path) -> None:
    path = a_file(tmp_path, ["o1,o2,c,p,1,1,2025-01-15"], header="Order,order,CUSTOMER, Product ,pieces,price,time")

    orders, _ = read(path)

    assert [order.order_id for order in orders] == ["o2"]


def test_a_column_that_is_missing_is_named_with_one_that_is_like_it(tmp_path: Path) -> None:
    path = a_file(tmp_path, [], header="orders,customer,product,pieces,price,time")

    with pytest.raises(UsageError, match=r"no column order \(orders\?\), which --columns names.*It has orders, cust"):
        read(path)


def test_two_columns_of_one_name_are_not_chosen_from(tmp_path: Path) -> None:
    path = a_file(tmp_path, ["o,o,c,p,1,1,2025-01-15"], header="order,order,customer,product,pieces,price,time")

    with pytest.raises(UsageError, match="more than one column order"):
        read(path)


def test_a_known_format_is_recognised_by_all_of_its_columns() -> None:
    names = ["Invoice", "StockCode", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"]

    assert recognise(names) is ONLINE_RETAIL
    assert recognise(names[1:]) is None
    assert choose_columns(ONLINE_RETAIL, names, "shop.csv")["money"] == 4


def test_a_line_is_one_piece_when_no_column_tells_how_many(tmp_path: Path) -> None:
    columns = without("quantity", "unit_price", amount="price")
    path = a_file(tmp_path, ["o,c,p,7,2.50,2025-01-15", "o,c,q,7,0,2025-01-15"])

    orders, _ = read(path, columns=columns)

    assert [order.lines for order in orders] == [[("p", 1, 25_000), ("q", 1, 0)]]


def test_a_table_has_rows_and_may_call_a_column_anything(tmp_path: Path) -> None:
    path = a_table(
        tmp_path,
        """SELECT 'o' AS "order", 'c' AS "cust""omer", 7 AS line, 2::TINYINT AS raw, 1.5 AS "select",
        TIMESTAMP '2025-01-15 10:00' AS "file_row_number" """,
    )
    columns = {
        "order_id": "order", "customer_id": 'cust"omer', "product_id": "line", "quantity": "raw",
        "unit_price": "select", "ordered_at": "file_row_number",
    }  # fmt: skip

    orders, report = read(path, columns=columns)

    assert [order.lines for order in orders] == [[("7", 2, 30_000)]]
    assert report.place == "row"
