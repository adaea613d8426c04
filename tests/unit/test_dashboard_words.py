from __future__ import annotations

from typing import Any

from stream_app.contract.segment_change import ChangeMessage
from stream_app.dashboard import markup
from stream_app.dashboard.answers import (
    Activity,
    Customer,
    Earlier,
    Member,
    Members,
    Named,
    Partition,
    Segments,
    SegmentState,
    Step,
)
from stream_app.dashboard.charts.timeline import stays
from stream_app.dashboard.export import csv_lines
from stream_app.dashboard.feed import coming, history_rows, sentence
from stream_app.dashboard.overview import as_of_words, customers_delta, paused_words, revenue_delta, segment_rows, span

CHAMPIONS, LOYAL = Named("s1", "Champions"), Named("s2", "Loyal")


def a_change(**changes: Any) -> ChangeMessage:
    values: dict[str, Any] = {
        "event_id": "e", "customer_id": "1042", "sequence": 2, "from_": {"id": "s2", "name": "Loyal"},
        "to": {"id": "s1", "name": "Champions"}, "cause": "order", "as_of": "2025-03-14T12:05:00Z", "features": {},
        "model_version": "m", "margin": 0.1, "valid_until": None, "source": None, "replay": False,
    }  # fmt: skip
    return ChangeMessage(**(values | changes))


def said(change: ChangeMessage) -> str:
    """Return a sentence without its markup."""
    words = sentence(change, "light", is_linked=False)
    return "".join(part.partition(">")[2] if place else part for place, part in enumerate(words.split("<")))


def a_state(**changes: Any) -> SegmentState:
    values: dict[str, Any] = {
        "id": "s1", "name": "Champions", "customers": 110, "customer_share": 0.5, "revenue": 2_000.0,
        "revenue_share": 0.8, "earlier": {"7": Earlier(100, 2_500.0), "30": None},
    }  # fmt: skip
    return SegmentState(**(values | changes))


def segments_of(*states: SegmentState) -> Segments:
    return Segments(
        "2025-03-14T12:05:00Z", "EUR", sum(s.customers for s in states), sum(s.revenue for s in states), 3, list(states)
    )


def a_customer(**changes: Any) -> Customer:
    values: dict[str, Any] = {
        "customer_id": "1042", "standing": "scored", "currency": "EUR", "sequence": 2, "segment": CHAMPIONS,
        "as_of": "2025-03-14T00:00:00Z",
    }  # fmt: skip
    return Customer(**(values | changes))


def test_a_change_is_told_as_a_sentence() -> None:
    assert said(a_change()) == "Customer 1042 went from Loyal to Champions because of an order."
    assert said(a_change(cause="aging")) == "Customer 1042 went from Loyal to Champions because time passed."


def test_coming_leaving_and_coming_back_have_words_of_their_own() -> None:
    assert said(a_change(from_=None, sequence=1)) == "Customer 1042 was first seen in Champions because of an order."
    assert said(a_change(from_=None, sequence=5)) == "Customer 1042 came back to Champions because of an order."
    lapsed = said(a_change(to=None, cause="expiry"))
    assert lapsed == "Customer 1042 lapsed, was Loyal, because an order left the window."
    assert said(a_change(replay=True)).endswith("because of an order (from history).")


def test_no_id_can_bring_markup_of_its_own() -> None:
    words = sentence(a_change(customer_id='<script>"&'), "light", is_linked=True)

    assert "<script>" not in words
    assert 'href="customer?customer=%3Cscript%3E%22%26"' in words
    assert "<b>" not in markup.table([{"<b>": "<b>"}], '"<b>')
    assert "<b>" not in markup.state("<b>", "<b> `<b>`")
    assert "<b>" not in markup.card("<b>", "#000000", ["<b>"])


def test_sizes_are_told_against_an_earlier_day_by_words_and_arrows() -> None:
    found = segments_of(a_state())

    (row,) = segment_rows(found, 7, "light")

    assert customers_delta(found, 7) == "▲ 10 more (+10.0%) than 7 days earlier"
    assert revenue_delta(found, 7) == "▼ 500 less (-20.0%) than 7 days earlier"
    assert ">▲ 10 (+10.0%)<" in row["Change"]
    assert ">▼ 500 (-20.0%)<" in row["Change of revenue"]


def test_a_day_before_the_first_one_is_not_made_up() -> None:
    found = segments_of(a_state())

    (row,) = segment_rows(found, 30, "light")

    assert customers_delta(found, 30) == "not known 30 days earlier"
    assert ">–<" in row["Change"]


def test_the_days_of_the_flow_end_with_the_orders_own_time() -> None:
    assert span(segments_of(a_state()), 7) == ("2025-03-08", "2025-03-14")
    assert span(Segments(None, "EUR", 0, 0.0, 0, []), 7) is None
    assert as_of_words(Segments(None, "EUR", 0, 0.0, 0, [])) == "Nobody was scored yet."


def test_a_paused_partition_is_told_with_what_to_do() -> None:
    found = Activity(partitions=[Partition(0), Partition(2, paused="BREAKER")])

    assert paused_words(found) == "Paused: partition 2 (BREAKER). Their orders wait. See segstream doctor."
    assert paused_words(Activity(partitions=[Partition(0)])) == ""


def test_a_customers_stays_follow_each_other_and_end_with_what_time_will_bring() -> None:
    found = a_customer(
        history=[
            Step("2025-03-01T00:00:00Z", CHAMPIONS, "order", 2, LOYAL),
            Step("2025-01-01T00:00:00Z", LOYAL, "order", 1, None),
        ],
        forecast=[Step("2025-04-01T00:00:00Z", LOYAL, "aging"), Step("2025-09-01T00:00:00Z", None, "expiry")],
    )

    told = [(stay.segment.name, stay.begin[:10], stay.end[:10], stay.is_forecast) for stay in stays(found)]

    assert told == [
        ("Loyal", "2025-01-01", "2025-03-01", False),
        ("Champions", "2025-03-01", "2025-03-14", False),
        ("Champions", "2025-03-14", "2025-04-01", True),
        ("Loyal", "2025-04-01", "2025-09-01", True),
        ("Lapsed", "2025-09-01", "2025-09-01", True),
    ]


def test_a_customer_whom_nothing_will_move_has_no_forecast() -> None:
    found = a_customer(history=[Step("2025-03-01T00:00:00Z", CHAMPIONS, "order", 1, None)])

    assert [(stay.segment.name, stay.is_forecast) for stay in stays(found)] == [("Champions", False)]
    assert stays(a_customer()) == []


def test_what_is_to_come_and_what_was_are_told_in_words() -> None:
    ahead = coming([Step("2025-04-01T00:00:00Z", LOYAL, "aging"), Step("2025-09-01T00:00:00Z", None, "expiry")])
    (row,) = history_rows([Step("2025-03-01T00:00:00Z", None, "expiry", 3, LOYAL)], "light")

    assert ahead[0] == "On 1 April 2025 they will go over to Loyal because time passed, unless they order before."
    assert ahead[1].startswith("On 1 September 2025 they will lapse because an order left the window")
    assert row["When"] == "1 March 2025, 00:00 UTC"
    assert row["Why"] == "because an order left the window"
    assert "Loyal" in row["Change"]
    assert "Lapsed" in row["Change"]


def test_a_segment_is_exported_page_after_page_and_no_id_is_a_formula() -> None:
    pages = {
        None: Members([Member("C1", frequency=2, monetary=3.5), Member("=1+1")], "next"),
        "next": Members([Member('C"3')], None),
    }

    lines = list(csv_lines(lambda cursor: pages[cursor]))

    assert lines[0].strip() == "customer_id,since,valid_until,last_purchase,frequency,monetary,unique_products"
    assert [line.partition(",")[0] for line in lines[1:]] == ["C1", "'=1+1", '"C""3"']
    assert lines[1].strip() == "C1,,,,2,3.5,"
