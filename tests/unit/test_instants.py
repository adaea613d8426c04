"""Instants and money are integers inside, and text at the edges."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stream_app.contract.order import Order, ten_thousandths
from stream_app.core.instants import DAY_US, parse_instant, rfc3339
from stream_app.worker.rows import money_text
from tests.builders import an_order, an_order_json


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-02T00:00:00.000001Z", DAY_US + 1),
        ("2025-06-01T12:00:00Z", 1_748_779_200_000_000),
        ("9998-12-31T23:59:59.999999Z", 253_370_764_799_999_999),
    ],
)
def test_an_instant_is_exact_to_the_microsecond_in_any_year(text: str, instant: int) -> None:
    assert parse_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "2025-06-01", "2025-06-01T12:00:00", "1969-12-31T23:59:59Z", "9999-01-01T00:00:00Z",
        "1970-01-01T00:00:00+05:00", "0001-01-01T00:00:00+12:00", "9998-12-31T23:00:00-12:00", "2025-02-30T00:00:00Z",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_none(text: str) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000001Z"),
        (1_748_779_200_500_000, "2025-06-01T12:00:00.500000Z"),
        (1_709_251_199_000_000, "2024-02-29T23:59:59Z"),
        (253_402_300_800_000_000, "9999-12-31T23:59:59Z"),
    ],
)
def test_an_instant_is_written_in_utc(instant: int, text: str) -> None:
    assert rfc3339(instant) == text


@pytest.mark.parametrize(
    ("amount", "units"),
    [(0, 0), (2.55, 25_500), (0.0001, 1), (0.00001, None), (999_999_999.9999, 9_999_999_999_999), (1.00005, None)],
)
def test_money_has_at_most_four_decimals(amount: float, units: int | None) -> None:
    assert ten_thousandths(amount) == units


@pytest.mark.parametrize(
    ("units", "text"), [(0, "0"), (10_000, "1"), (29_000, "2.9"), (1, "0.0001"), (1_684_725_000, "168472.5")]
)
def test_money_is_written_without_trailing_zeros(units: int, text: str) -> None:
    assert money_text(units) == text


def test_the_amount_wins_over_the_price_and_a_price_is_multiplied() -> None:
    lines = [
        {"product_id": "P1", "quantity": 3, "unit_price": 9.99, "amount": 10.0},
        {"product_id": "P2", "quantity": 3, "unit_price": 0.0333},
        {"product_id": "P1", "quantity": 1, "amount": 0.5},
    ]

    got = an_order(lines=lines).entry

    assert got.amount == 100_000 + 999 + 5_000
    assert got.products == (("P1", 4), ("P2", 3))
    assert Order.model_validate(an_order_json(lines=lines)).total() == Decimal("10.5999")
