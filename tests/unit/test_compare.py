"""Two states of a customer are compared on paper, and each difference has its reason."""

from __future__ import annotations

from typing import Any

import pytest

from model_store.scoring import Scorer
from stream_app.core.bounds import bound
from stream_app.core.customer import Customer
from stream_app.core.errors import SegstreamError
from stream_app.core.evaluation import evaluate
from stream_app.core.instants import DAY_US, rfc3339
from stream_app.core.measure import Measure
from stream_app.core.outcome import Progress
from stream_app.core.state_record import encode_state, header_of
from stream_app.core.summary import MAX_ENTRIES
from stream_app.lookup import Lookup
from stream_app.settings import load_settings
from stream_app.shadow.compare import NOBODY, WORDS, Brought, Difference, Reason, compare
from stream_app.shadow.diff import Half, measure_of
from stream_app.shadow.hashes import FIELDS, wrongly_shown
from stream_app.shadow.tally import Comparison, Tally, found_of, kept_wrongly
from stream_app.worker.meta import meta_of
from stream_app.worker.rows import LOOK_UP, row_of
from tests.builders import A_CENTROID_SET, NOW, a_basis, a_model, an_instant, an_order

WINDOW = 365 * DAY_US
START = an_instant(NOW)
SIDE = Measure(Scorer(a_model()), WINDOW)
OTHER_MODEL = Measure(
    Scorer(a_model(version="20260101T000000Z-other", centroids=tuple((y, x) for x, y in A_CENTROID_SET))), WINDOW
)


def an_order_of(day: int, order_id: str, **changes: object) -> dict[str, object]:
    return {"ordered_at": rfc3339(START + day * DAY_US), "order_id": order_id, **changes}


def a_state(*orders: dict[str, object], at_day: int = 10, side: Measure = SIDE, spoil: str = "") -> bytes:
    """Return the state of a customer whose orders were folded in this sequence and scored at a day."""
    customer = Customer("C1")
    rfm, at = customer.rfm, START + at_day * DAY_US
    rfm.advance(at, side.window)
    for order in orders:
        rfm.add(an_order(**order).entry)
    evaluate(customer, "order", side.scorer, side.window)
    header = header_of(customer)
    if spoil:
        setattr(header, spoil, {"segment": "s9", "frequency": 77, "due_at": at + 1}[spoil])
    return encode_state(header, rfm)


ONE, TWO = an_order_of(0, "A"), an_order_of(3, "B")


def difference(
    first: bytes | None, second: bytes | None, sides: tuple[Measure, Measure] = (SIDE, SIDE), at_day: int = 20
) -> Difference | None:
    at = START + at_day * DAY_US
    one, other = (Brought(state, side, side, at) for state, side in zip((first, second), sides, strict=True))
    return compare(one, other, sides, at)


def test_the_same_orders_in_another_sequence_and_at_another_clock_are_the_same() -> None:
    assert difference(a_state(ONE, TWO, at_day=5), a_state(TWO, ONE, at_day=19)) is None


def test_both_sides_are_brought_to_the_instant() -> None:
    at = START + 20 * DAY_US

    values = Brought(a_state(ONE, TWO), SIDE, SIDE, at).values

    assert (values.recency_days, values.frequency, values.monetary, values.unique_products) == (17, 2, 20.0, 1)
    assert values.last_purchase == rfc3339(START + 3 * DAY_US)
    assert values.valid_until is not None
    assert values.valid_until > rfc3339(at)


def test_somebody_of_whom_nothing_counts_is_nobody() -> None:
    gone = a_state(ONE, at_day=1)

    assert difference(gone, None, at_day=400) is None
    assert Brought(gone, SIDE, SIDE, START + 400 * DAY_US).values == NOBODY


@pytest.mark.parametrize(
    ("first", "second", "sides", "reason"),
    [
        (a_state(ONE), None, (SIDE, SIDE), Reason.MISSING),
        (None, a_state(ONE), (SIDE, SIDE), Reason.MISSING),
        (a_state(ONE, TWO), a_state(ONE), (SIDE, SIDE), Reason.LATE),
        (a_state(ONE), a_state(ONE | {"revision": 1, "lines": []}, TWO), (SIDE, SIDE), Reason.LATE),
        (a_state(ONE, TWO), a_state(ONE, TWO | {"revision": 1, "lines": []}), (SIDE, SIDE), Reason.CORRECTED),
        (a_state(ONE, TWO), a_state(ONE, TWO, side=OTHER_MODEL), (SIDE, OTHER_MODEL), Reason.MODEL),
        (a_state(ONE, TWO), a_state(ONE, TWO), (SIDE, Measure(SIDE.scorer, 18 * DAY_US)), Reason.WINDOW),
    ],
)  # fmt: skip
def test_each_difference_has_its_reason(
    first: bytes | None, second: bytes | None, sides: tuple[Measure, Measure], reason: Reason
) -> None:
    found = difference(first, second, sides)

    assert found is not None
    assert found.reason == reason


def a_busy_state(*amounts: float) -> bytes:
    """Return the state of a customer with two orders more than are kept one by one; `amounts` are the oldest ones'."""
    customer = Customer("C1")
    customer.rfm.advance(START + DAY_US, WINDOW)
    for number in range(MAX_ENTRIES + len(amounts)):
        amount = amounts[number] if number < len(amounts) else 1.0
        lines = [{"product_id": "P1", "quantity": 1, "amount": amount}]
        customer.rfm.add(an_order(**an_order_of(0, f"{number:05}", lines=lines)).entry)
        bound(customer.rfm, is_windowed=True)
    evaluate(customer, "order", SIDE.scorer, WINDOW)
    return encode_state(header_of(customer), customer.rfm)


def test_other_sums_beyond_the_newest_thousand_are_told_apart() -> None:
    found = difference(a_busy_state(2.0, 3.0), a_busy_state(2.0, 9.0))

    assert found is not None
    assert found.fields == ["monetary"]
    assert found.reason == Reason.SUMMED


def test_a_side_scored_by_another_model_is_the_same_under_one() -> None:
    assert difference(a_state(ONE, TWO), a_state(ONE, TWO, side=OTHER_MODEL)) is None


@pytest.mark.parametrize(
    ("spoil", "name"), [("segment", "segment"), ("frequency", "frequency"), ("due_at", "valid_until")]
)
def test_a_state_that_its_own_orders_do_not_give_is_damaged(spoil: str, name: str) -> None:
    at = START + 20 * DAY_US

    right = Brought(a_state(ONE, TWO), SIDE, SIDE, at)
    wrong = Brought(a_state(ONE, TWO, spoil=spoil), SIDE, SIDE, at)

    assert right.kept_wrongly == []
    assert [each[0] for each in wrong.kept_wrongly] == [name]
    (example,) = kept_wrongly("live", "C1", wrong)
    assert (example.field, example.reason) == (f"live: kept {name}", "damaged state")


def test_what_another_model_kept_is_not_judged_by_this_one() -> None:
    state = a_state(ONE, TWO, side=OTHER_MODEL, spoil="segment")

    assert Brought(state, SIDE, SIDE, START + 20 * DAY_US).kept_wrongly == []


def a_hash(state: bytes, **changes: bytes) -> list[bytes | None]:
    """Return the fields of a Redis hash as the worker writes them, and changed by hand."""
    from stream_app.core.state_record import read_header

    row, _ = row_of(read_header(state), state, LOOK_UP)
    shown = {name: str(row[place]).encode() for name, place in zip(FIELDS[1:], (2, 3, 4, 5, 6, 7, 10), strict=True)}
    return [state, *(shown | changes).values()]


def test_a_hash_that_shows_what_its_state_says_is_right() -> None:
    assert wrongly_shown("live", "C1", a_hash(a_state(ONE, TWO))) == []
    assert wrongly_shown("live", "C1", [None] * len(FIELDS)) == []


def test_a_hash_that_was_written_by_somebody_is_found() -> None:
    (example,) = wrongly_shown("live", "C1", a_hash(a_state(ONE, TWO), segment=b"s9"))

    assert (example.field, example.first, example.reason) == ("live: shown segment", "s9", "shown wrongly")


def test_a_tally_names_a_few_and_counts_all() -> None:
    tally = Tally(Comparison("live", "check", "…", "m", "m"))
    late = difference(a_state(ONE, TWO), a_state(ONE))
    found = {f"C{n}".encode(): found_of(f"C{n}", late, []) for n in range(5)}
    assert found_of("C9", None, []) is None

    tally.add(9, {customer: each for customer, each in found.items() if each is not None}, {b"C4"})

    result = tally.result
    assert (result.customers, result.different, result.moved_since) == (9, 4, 1)
    assert result.reasons == {"late orders": 4}
    assert result.fields["frequency"] == 4
    assert len([each for each in result.examples if each.field == "frequency"]) == 3


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)


def test_a_side_whose_partitions_count_by_different_windows_is_not_compared() -> None:
    standing: dict[str, Any] = {"switch": None, "adoption": None, "swapped": 0, "owing": None, "paused": ""}
    metas = [
        meta_of(
            Progress(0), a_basis(window_days=days).identity, control_position=0, model_version="v1",
            clock_mode="event", figures_since="", **standing,
        )
        for days in (365, 90)
    ]  # fmt: skip
    settings = load_settings()

    with pytest.raises(SegstreamError) as caught:
        measure_of(Half("live", settings, Lookup(settings), [*metas]))

    assert caught.value.code == "WINDOWS_DIFFER"
