"""Which columns are proposed when nobody names any, and what is left to a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from stream_app.history.completejourney import completejourney_path
from stream_app.history.names import plain
from stream_app.history.proposal import Proposal, propose
from stream_app.history.source import Preview, preview
from tests.shop_files import a_file


def proposed(header: str, *lines: str) -> Proposal:
    return propose(Preview(header.split(";"), [tuple(line.split(";")) for line in lines]))


@pytest.mark.parametrize(
    ("header", "line", "columns"),
    [
        (
            "Bestell-Nr.;Kunden-Nr.;Artikel;Stück;Einzelpreis;Bestelldatum;Land",
            "R-1;K1;A1;2;1.234,50 €;03.04.2025 14:05;DE",
            "order_id=Bestell-Nr.,customer_id=Kunden-Nr.,product_id=Artikel,quantity=Stück,unit_price=Einzelpreis,"
            "ordered_at=Bestelldatum",
        ),
        (
            "N° de commande;Code client;Référence;Qté;Prix unitaire;Date commande",
            "1;2;3;4;5,00;31/12/2025",
            "order_id=N° de commande,customer_id=Code client,product_id=Référence,quantity=Qté,"
            "unit_price=Prix unitaire,ordered_at=Date commande",
        ),
        (
            "Order ID;Order Date;Ship Date;Customer ID;Customer Name;Product ID;Sales;Quantity;Discount",
            "CA-1;11/8/2016;11/11/2016;CG-1;Claire;FUR;261.96;2;0",
            "order_id=Order ID,customer_id=Customer ID,product_id=Product ID,quantity=Quantity,amount=Sales,"
            "ordered_at=Order Date",
        ),
        (
            "pedido;cliente;producto;cantidad;precio;cuando",
            "1;2;3;4;5,00;2025-12-31",
            "order_id=pedido,customer_id=cliente,product_id=producto,quantity=cantidad,unit_price=precio,ordered_at=cuando",
        ),
        (
            "numer zamówienia;ID klienta;kod produktu;ilość;cena;wartość pozycji;data zamówienia",
            "1;2;3;4;5,00;20,00;2025-12-31",
            "order_id=numer zamówienia,customer_id=ID klienta,product_id=kod produktu,quantity=ilość,"
            "amount=wartość pozycji,ordered_at=data zamówienia",
        ),
        (
            "order_id;order_item;product_id;amount;created;customer_id",
            "1;1;3;5.00;1735689600;7",
            "order_id=order_id,customer_id=customer_id,product_id=product_id,amount=amount,ordered_at=created",
        ),
    ],
    ids=["german", "french", "superstore", "spanish", "polish", "no quantity"],
)
def test_columns_are_proposed_from_names_in_many_languages(header: str, line: str, columns: str) -> None:
    proposal = proposed(header, line)

    assert proposal.chosen == dict(pair.split("=") for pair in columns.split(","))
    assert proposal.doubts == ()


ALL = "order;customer;product;quantity;price;date"
ROW = "1;2;3;4;5.00;2025-12-31"


@pytest.mark.parametrize(
    ("header", "lines", "doubt"),
    [
        ("a;b;c", ["1;2;3"], "No column looks like order_id."),
        (f"{ALL};account", [f"{ROW};7"], "customer and account may both be customer_id."),
        (f"{ALL};total", [f"{ROW};19.00"], "price may be unit_price, or total amount: they are not equal."),
        ("order;customer;product;price;date", ["1;2;3;5.00;2025-12-31"], "price may be unit_price, but no column"),
        (ALL.replace("date", "ship"), [ROW.replace("2025-12-31", "soon")], "No column looks like ordered_at."),
        (f"{ALL};created", [f"{ROW};2025-12-30"], "date and created may both be ordered_at."),
        (
            "order;customer;product;quantity;total;date",
            [f"{order};2;{product};1;9.00;2025-12-31" for order in "abc" for product in "12"],
            "total seems to be the order's total",
        ),
    ],
)
def test_what_remains_open_is_left_to_a_person(header: str, lines: list[str], doubt: str) -> None:
    doubts = proposed(header, *lines).doubts

    assert any(said.startswith(doubt) for said in doubts), doubts


def test_values_that_do_not_fit_a_name_speak_against_it() -> None:
    header = "order;customer;product;quantity;count;price;date;created"
    rows = [f"{n};2;3;many;{n};5.00;Monday;2025-12-{n:02d}" for n in range(1, 9)]

    chosen = proposed(header, *rows).chosen

    assert (chosen["quantity"], chosen["ordered_at"]) == ("count", "created")


def test_a_sure_name_of_the_lines_total_wins_and_a_likely_one_does_not() -> None:
    sure = proposed(f"{ALL};line total", f"{ROW};20.00").chosen
    likely = proposed(f"{ALL};total", f"{ROW};20.00").chosen

    assert (sure.get("amount"), sure.get("unit_price")) == ("line total", None)
    assert (likely.get("amount"), likely.get("unit_price")) == (None, "price")


def test_a_column_of_currencies_is_proposed_when_it_has_more_than_one() -> None:
    assert "currency" not in proposed(f"{ALL};currency", f"{ROW};EUR", f"{ROW};EUR").chosen
    assert proposed(f"{ALL};currency", f"{ROW};EUR", f"{ROW};USD").chosen["currency"] == "currency"


def test_files_are_previewed_for_the_proposal(tmp_path: Path) -> None:
    csv = a_file(tmp_path, [], header="order,customer,product,quantity,price,date")

    assert propose(preview(csv)).doubts == ()
    assert propose(preview(completejourney_path())).chosen["amount"] == "sales_value"


def test_names_are_compared_without_accents_capitals_and_signs() -> None:
    assert [plain(name) for name in ("Bestell-Nr.", "Ilość", "Beløb", "Größe")] == [
        "bestellnr",
        "ilosc",
        "belob",
        "grosse",
    ]
