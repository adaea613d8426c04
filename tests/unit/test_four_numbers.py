"""The four numbers of a request: what passes, and what is said of what does not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_app.api.batch_reading import rows_of_csv, rows_of_json
from stream_app.api.four_numbers import LIMITS, customer_of, four_numbers
from stream_app.api.problems import Fault, Problem
from stream_app.contract.order import MONEY_SCALE

GOOD: dict[str, Any] = {"Recency": 15, "Frequency": 50, "Monetary": 1200.5, "Unique_Products": 10}
ROW = (15, 50, 12_005_000, 10)


def faults_of(**changes: Any) -> list[tuple[str, str]]:
    found: list[Fault] = []
    given = {name: value for name, value in (GOOD | changes).items() if value is not ...}
    four_numbers(given, found)
    return [(fault.field, fault.message) for fault in found]


@pytest.mark.parametrize(
    "given",
    [
        GOOD,
        {"recency": 15, "frequency": 50, "monetary": 1200.5, "unique_products": 10},
        {"recency_days": 15.0, "Frequency": 50.0, "monetary": 1200.5, "Unique_Products": 10},
        GOOD | {"customer_id": "anna"},
    ],
)
def test_all_spellings_mean_the_same(given: dict[str, Any]) -> None:
    found: list[Fault] = []

    assert four_numbers(given, found) == ROW
    assert found == []


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"Recency": 1.5}, "Recency", "must be a whole number"),
        ({"Frequency": -1}, "Frequency", "must not be negative"),
        ({"Monetary": -0.01}, "Monetary", "must not be negative"),
        ({"Monetary": 1.00001}, "Monetary", "must have at most 4 decimals"),
        ({"Monetary": float("nan")}, "Monetary", "must be a finite number"),
        ({"Recency": float("inf")}, "Recency", "must be a finite number"),
        ({"Unique_Products": True}, "Unique_Products", "must be a number"),
        ({"Unique_Products": "10"}, "Unique_Products", "must be a number"),
        ({"Frequency": None}, "Frequency", "must be a number"),
        ({"Frequency": ...}, "Frequency", "is missing"),
        ({"Monetary": 10**400}, "Monetary", "must be at most 100,000,000,000"),
        ({"Recncy": 1}, "Recncy", "is no field of this request"),
        ({"recency": 15}, "Recency", "is given twice, as Recency and as recency"),
    ],
)
def test_a_bad_value_is_named_with_the_reason(changes: dict[str, Any], field: str, message: str) -> None:
    assert faults_of(**changes) == [(field, message)]


def test_all_bad_values_are_named_at_once() -> None:
    assert [field for field, _ in faults_of(Recency=-1, Monetary="x")] == ["Recency", "Monetary"]


@given(st.integers(0, LIMITS[2] * MONEY_SCALE))
def test_money_is_exact(ten_thousandths: int) -> None:
    found: list[Fault] = []

    row = four_numbers(GOOD | {"Monetary": ten_thousandths / MONEY_SCALE}, found)

    assert (row[2], found) == (ten_thousandths, [])


def test_the_customer_goes_by_either_name() -> None:
    assert [customer_of({"id": 7}), customer_of({"customer_id": "a", "id": "b"}), customer_of({"id": ""})] == [
        "7",
        "a",
        None,
    ]


def test_a_csv_file_gives_the_rows_of_the_same_json() -> None:
    text = '\ufeffid;Recency ;Frequency;Monetary;Unique_Products;note\nanna;15;50;1200.5;10;"a;b"\n\n'

    batch = rows_of_csv(text.encode())

    assert batch.rows == rows_of_json([GOOD]).rows == [ROW]
    assert (batch.customers, batch.cells[0][-1]) == (["anna"], "a;b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Recency,Frequency\n1,2\n", "not all four numbers"),
        ("Recency,Recency,Frequency,Monetary,Unique_Products\n", "names a column twice"),
        ("Recency,Frequency,Monetary,Unique_Products\n", "There is no row."),
        ("Recency,Frequency,Monetary,Unique_Products\n1,2,3\n", "0: has 3 cells, and the header has 4"),
        ("Recency,Frequency,Monetary,Unique_Products\n1,2,1_0,4\n", "0.Monetary: must be a number"),
        ("Recency,Frequency,Monetary,Unique_Products\n1,2,nan,4\n", "0.Monetary: must be a finite number"),
        ('Recency,Frequency,Monetary,Unique_Products\n1,2,"3,4\n', "The file is no CSV"),
        ("", "not all four numbers"),
    ],
)
def test_a_bad_csv_file_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(Problem) as caught:
        rows_of_csv(text.encode())

    assert said in caught.value.detail


def test_a_batch_is_bounded_in_rows_and_in_faults() -> None:
    with pytest.raises(Problem) as too_many:
        rows_of_json([GOOD] * 10_001)
    with pytest.raises(Problem) as all_bad:
        rows_of_json([{}] * 10_000)

    assert too_many.value.status == 413
    assert len(all_bad.value.faults or []) == 100
