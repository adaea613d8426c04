"""What a candidate would do to the customers of today, and when that is too much."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from model_store.scoring import Scorer
from model_store.segment_model import SegmentModel
from stream_app.candidate.gate import Gate
from stream_app.candidate.population import Member
from stream_app.candidate.preview import Preview, Spender, preview
from stream_app.candidate.words import preview_facts, preview_lines
from tests.builders import a_model_of_recency

LIVE = a_model_of_recency(0.0, 5.0, version="live")
"""s1 up to 11 days after the last purchase, s2 from then on."""

STRICTER = replace(LIVE, version="stricter", centroids=((0.0, 1.0), (3.0, 1.0)))
"""s2 from the fourth day on."""


def member(name: str, days: int, spent: int = 10) -> Member:
    row = (days, 2, spent * 10_000, 3)
    return Member(name, LIVE.segments[Scorer(LIVE).assign(*row)].id, row)


def seen(*members: Member, candidate: SegmentModel = STRICTER) -> Preview:
    return preview(members, candidate, LIVE)


def test_a_preview_counts_who_goes_where() -> None:
    found = seen(member("A", 0), member("B", 5), member("C", 8), member("D", 300))

    assert found.migrations == {("s1", "s1"): 1, ("s1", "s2"): 2, ("s2", "s2"): 1}
    assert (found.customers, found.moved, found.moved_share) == (4, 2, 0.5)
    assert found.sizes() == ({"s1": 3, "s2": 1}, {"s1": 1, "s2": 3})


def test_of_the_hundred_who_spend_most_the_movers_are_named_the_biggest_first() -> None:
    crowd = [member(f"C{n}", 0, spent=1_000 + n) for n in range(98)]

    found = seen(*crowd, member("rich", 5, spent=9_000), member("richer", 6, spent=9_500), member("poor", 5, spent=1))

    assert [(one.customer_id, one.came_from, one.to) for one in found.top_spenders] == [
        ("richer", "s1", "s2"),
        ("rich", "s1", "s2"),
    ]


def test_the_same_segments_agree_wholly_and_have_the_same_silhouette() -> None:
    found = seen(*(member(f"C{n}", n % 40) for n in range(100)), candidate=replace(LIVE, version="again"))

    assert found.ari == 1.0
    assert found.silhouette == found.live_silhouette
    assert Gate(max_moved_share=0.0, min_ari=1.0, max_silhouette_drop=0.0).objections(found) == []


def test_the_sample_does_not_depend_on_the_order_in_which_customers_are_read() -> None:
    crowd = [member(f"C{n}", n % 400, spent=n) for n in range(9_000)]
    shuffled = random.Random(1).sample(crowd, len(crowd))

    assert preview(crowd, STRICTER, LIVE) == preview(shuffled, STRICTER, LIVE)


def test_nobody_to_look_at_is_no_objection() -> None:
    assert Gate().objections(seen()) == []


SOUND = Preview(10, {("s1", "s1"): 9, ("s1", "s2"): 1}, [], ari=0.9, silhouette=0.4, live_silhouette=0.42)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"migrations": {("s1", "s1"): 5, ("s1", "s2"): 5}}, "50.0% of the customers would move, and 40.0% may."),
        ({"ari": 0.2}, "ARI of 0.20; 0.30 is asked"),
        ({"silhouette": 0.3}, "silhouette falls from 0.420 to 0.300"),
        ({"silhouette": None}, "silhouette falls from 0.420 to 0.000"),
    ],
)
def test_the_gate_says_what_speaks_against_a_candidate(changes: dict[str, object], word: str) -> None:
    (objection,) = Gate().objections(SOUND._replace(**changes))

    assert word in objection


def test_the_gate_lets_a_sound_candidate_pass() -> None:
    assert Gate().objections(SOUND) == []


def test_the_words_name_sizes_moves_and_the_biggest_customers() -> None:
    found = SOUND._replace(top_spenders=[Spender(90_000_000, "rich", "s1", "s2")])

    said = "\n".join(preview_lines(found, STRICTER, LIVE, "EUR"))

    assert "stricter beside live, which is live: 10 customers as they are now" in said
    assert "1 would move, 10.0% of all." in said
    assert "Champions → Loyal" in said
    assert "9,000.00 EUR" in said


def test_programs_get_money_in_currency_units() -> None:
    facts = preview_facts(SOUND._replace(top_spenders=[Spender(90_000_000, "rich", "s1", "s2")]))

    assert facts["top_spenders"] == [{"customer_id": "rich", "monetary": 9_000.0, "from": "s1", "to": "s2"}]
    assert facts["moved_share"] == 0.1
