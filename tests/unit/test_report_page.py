"""The report as a file: well formed, nothing fetched, nothing that a name could break, the same bytes each time."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model_store.segment_model import Fate, SegmentModel
from stream_app.history.report import Example
from tests.builders import a_candidate, a_model, a_read_report
from tests.drawn import of_kind, parsed, words
from tests.shops import a_matrix
from trainer.report.files import CARD_FILE, REPORT_FILE, report_files
from trainer.selection import RULE, choose

FACTS: dict[str, str | int | float] = {
    "data": "orders.csv", "format": "online-retail", "as_of": "2025-06-01T12:00:00Z", "seed": 42, "rows": 900,
    "features": "recency_days, frequency, monetary, unique_products", "amounts": "net of returns",
    "duplicate_lines": "kept", "customers": 300, "customers_in_file": 310, "silhouette": 0.34,
    "explained_variance": 0.86, "explained_variance_1": 0.70, "explained_variance_2": 0.16, "scikit_learn": "1.9",
}  # fmt: skip
TRIAL: dict[str, str | int | float] = {
    "trial_day": "2025-03-01T00:00:00Z", "trial_weeks": 13, "trial_is_held_back": 1, "trial_customers": 250,
    "trial_buys_again": 0.57,
}  # fmt: skip
HOSTILE = "<b onload=\"x('http://evil')\"> & ]]> | \x00\ud800 </style><script>"
FETCHED = re.compile(
    r"\b(src|srcset|data|action|poster|background|xlink:href)=|url\(|@import|<(script|link|iframe|img|object)"
)


def a_trained_model(**changes: Any) -> SegmentModel:
    candidates, reason = choose([a_candidate(k, inertia=4_000 / k) for k in range(2, 8)])
    facts = FACTS | {"k_reason": reason, "k_rule": RULE} | changes.pop("training", {})
    return a_model(candidates=candidates, training=facts, **changes)


def pages(model: SegmentModel, champion: SegmentModel | None = None, **read: Any) -> tuple[str, str]:
    files = report_files(model, a_read_report(**read), a_matrix(300), champion=champion, currency="EUR", seed=42)
    return files[REPORT_FILE].decode(), files[CARD_FILE].decode()


def named(model: SegmentModel, name: str) -> SegmentModel:
    first, *others = model.segments
    changed = msgspec.structs.replace(first, name=name, description=name, action=name)
    return msgspec.structs.replace(model, segments=(changed, *others))


def test_the_same_training_gives_the_same_bytes() -> None:
    assert pages(a_trained_model()) == pages(a_trained_model())


def test_no_name_can_break_the_page() -> None:
    # Given a segment, a file and a champion's segment with such a name
    hostile = named(a_trained_model(training={"data": HOSTILE}), HOSTILE)
    fate = Fate(id="s1", fate="kept", before=10, after=10, shared=10)
    model = msgspec.structs.replace(
        hostile, champion="v0", lineage=(fate,), training=hostile.training | {"keep_their_id": 1.0}
    )

    page, card = pages(model, champion=named(a_model(version="v0"), HOSTILE))

    root = parsed(page)
    assert {"script", "b"} & {found.tag for found in root.iter()} == set()
    assert not [name for found in root.iter() for name in found.attrib if name.startswith("on")]
    assert words(root).count("<b onload=\"x('http://evil')\"> & ]]> |") >= 5
    assert not re.search(r"(?<!\\)<", card.split("---\n", 2)[2])


def test_nothing_is_fetched_from_anywhere() -> None:
    page, _ = pages(a_trained_model())

    assert not FETCHED.search(page)
    assert "://" not in page
    links = [link.attrib["href"] for link in of_kind(parsed(page), "a")]
    assert links
    assert all(link.startswith("#") for link in links)
    assert "default-src 'none'" in [meta.get("content", "")[:18] for meta in of_kind(parsed(page), "meta")]


def test_every_link_of_the_contents_leads_to_a_section() -> None:
    root = parsed(pages(a_trained_model())[0])

    assert [link.attrib["href"][1:] for link in of_kind(root, "a")] == [
        s.attrib["id"] for s in of_kind(root, "section")
    ]


def test_lines_that_were_left_out_are_told_without_what_stands_in_them() -> None:
    page, card = pages(a_trained_model(), examples=(Example("no_customer", 10, 17, "Mrs Secret"),))

    assert "no customer 10 line 17" in words(parsed(page))
    assert "| no customer | 10 |" in card
    assert "Secret" not in page + card


def test_segments_are_told_with_their_action_and_medians() -> None:
    model = a_trained_model()
    first = msgspec.structs.replace(model.segments[0], action="Thank them.", buys_again=0.961)
    model = msgspec.structs.replace(model, segments=(first, *model.segments[1:]), training=model.training | TRIAL)

    text = words(parsed(pages(model)[0]))

    assert "→ Thank them." in text
    assert "5 orders, the last 10 days ago, and 100.00 EUR spent on 9 different products" in text
    assert "96.1% bought within the next 13 weeks" in text
    assert "nothing of them" in text
    assert "all: 57.0%" in text


def test_a_feature_that_was_left_out_is_not_told() -> None:
    page, card = pages(a_trained_model(training={"features": "recency_days, frequency, monetary"}))

    assert "by recency, frequency and money." in words(parsed(page))
    assert "by recency, frequency and money:" in card


def test_weeks_that_the_model_has_seen_are_not_called_held_back() -> None:
    text = words(parsed(pages(a_trained_model(training=TRIAL | {"trial_is_held_back": 0}))[0]))

    assert "The model has seen these weeks" in text
    assert "held back: the model" not in text


def test_a_file_too_short_for_a_trial_says_so() -> None:
    assert "Not known: the file does not hold 13 weeks" in words(parsed(pages(a_trained_model())[0]))


def test_what_changed_against_the_champion_is_told() -> None:
    # Given a champion with two segments, of which the second was split
    champion = a_model(version="20240101T000000Z-champion", centroids=((2.2, 0.3), (-1.9, -0.7)))
    model = a_trained_model(
        champion=champion.version,
        training={"keep_their_id": 0.71},
        lineage=(
            Fate(id="s1", fate="kept", before=60, after=50, shared=45),
            Fate(id="s3", fate="split", other="s2", before=0, after=70, shared=68),
        ),
    )

    page, card = pages(model, champion=champion)

    text = words(parsed(page))
    assert "71.0% of these customers keep the segment id" in text
    assert "68 of its 70 customers come from s2 Loyal" in text
    assert "68 of its 70 customers come from s2 Loyal" in card
    cells = [cell for cell in of_kind(parsed(page), "td", "number") if "background" in cell.get("style", "")]
    assert len(cells) == 2 * 4
    assert sum(int("".join(cell.itertext()).replace(",", "")) for cell in cells) == 300


@pytest.mark.parametrize(
    ("changes", "words_"),
    [
        ({}, "26 bits of fraction"),
        ({}, "must not decide credit"),
        ({}, "in the 365 days before"),
        ({"window_days": None}, "Nothing lapses"),
        ({"training": {"amounts": "gross"}}, "Not for a live worker"),
    ],
)
def test_limits_stand_in_page_and_card(changes: dict[str, Any], words_: str) -> None:
    page, card = pages(a_trained_model(**changes))

    assert words_ in words(parsed(page))
    assert words_ in card


def test_a_model_that_is_not_stable_says_so() -> None:
    (shaky,), reason = choose([a_candidate(4, stability=0.5)])

    page, _ = pages(a_model(candidates=(shaky,), training=FACTS | {"k_reason": reason}))

    assert "Not stable" in words(parsed(page))
    assert not of_kind(parsed(page), "polyline")


@given(st.integers(5, 40), st.integers(0, 2**31 - 1), st.booleans())
@settings(deadline=None, max_examples=20)
def test_any_shop_however_small_or_equal_has_a_report(customers: int, seed: int, is_equal: bool) -> None:
    matrix = a_matrix(customers, seed=seed)
    if is_equal:
        matrix[:] = matrix[0]

    files = report_files(a_trained_model(), a_read_report(), matrix, champion=None, currency="EUR", seed=seed)

    assert "NaN" not in files[REPORT_FILE].decode()
    parsed(files[REPORT_FILE].decode())
