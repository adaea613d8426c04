"""What `segstream train` tells: the choice and its reasons, the segments, within 100 columns."""

from __future__ import annotations

import re

import msgspec

from model_store.segment_model import Fate, SegmentModel
from stream_app.commands.champion import Champion
from stream_app.commands.lineage_report import lineage_lines
from stream_app.commands.train_report import training_lines
from tests.builders import a_candidate, a_model
from trainer.naming import NAMES
from trainer.selection import RULE, choose

FACTS: dict[str, str | int | float] = {
    "customers": 4_270,
    "customers_in_file": 4_372,
    "as_of": "2011-12-09T12:50:00Z",
    "explained_variance": 0.8599,
    "explained_variance_1": 0.7010,
    "explained_variance_2": 0.1589,
}


def told(model: SegmentModel) -> list[str]:
    return [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in training_lines(model)]


def a_choice() -> SegmentModel:
    flawed = a_candidate(4, stability=0.5, smallest_share=0.01)
    candidates, reason = choose([a_candidate(2, inertia=1_234_567.8), a_candidate(3), flawed, a_candidate(5)])
    return a_model(candidates=candidates, training=FACTS | {"k_reason": reason, "k_rule": RULE})


def test_every_k_stands_in_the_table_with_what_speaks_against_it() -> None:
    lines = "\n".join(told(a_choice()))

    assert re.search(r"^▸ +3 .* 10\.0%  chosen, elbow$", lines, re.MULTILINE)
    assert re.search(r"^ +4 .* 0\.500 +1\.0%  .*unstable, small$", lines, re.MULTILINE)


def test_a_number_that_was_asked_for_is_judged_in_a_sentence() -> None:
    (shaky,), reason = choose([a_candidate(4, stability=0.5)])

    lines = told(a_model(candidates=(shaky,), training=FACTS | {"k_reason": reason}))

    verdict = next(place for place, line in enumerate(lines) if line.startswith("4 segments, as asked"))
    assert "silhouette 0.400, stability 0.50" in lines[verdict]
    assert "--k auto" in lines[verdict + 1]


def test_the_customers_and_the_variance_that_is_kept_come_first() -> None:
    text = " ".join(told(a_choice()))

    assert "4,270 of 4,372 customers have a purchase in the 365 days up to 2011-12-09" in text
    assert "2 components keep 86.0% of the variance (70.1% + 15.9%)." in text


def test_outliers_that_were_cut_are_counted() -> None:
    cut = {
        "winsorize_percentile": 99.0,
        "winsorize_frequency": 28.0, "winsorized_frequency": 42,
        "winsorize_monetary": 16_807.31, "winsorized_monetary": 1,
        "winsorize_unique_products": 348.0, "winsorized_unique_products": 0,
    }  # fmt: skip
    model = a_choice()

    text = " ".join(told(msgspec.structs.replace(model, training=model.training | cut)))

    assert "above the percentile 99: orders 28 (42 customers), spent 16,807.31 (1 customer), products 348 (0" in text


def test_no_line_is_wider_than_a_hundred_columns() -> None:
    assert max(map(len, told(a_choice()))) <= 100
    assert max(len(text) for name in NAMES for text in (name.description, name.action)) <= 92


def test_a_choice_that_does_not_pass_is_not_praised() -> None:
    candidates, reason = choose([a_candidate(k, stability=0.1, smallest_share=0.01) for k in range(2, 5)])

    lines = told(a_model(candidates=candidates, training=FACTS | {"k_reason": reason, "k_rule": RULE}))

    assert not [line for line in lines if "chosen" in line]
    assert max(map(len, lines)) <= 100


def test_every_fate_is_told_in_words_with_its_customers() -> None:
    # Given s1 to s4, of which s1 is kept, s3 and s4 end, and s5 and s6 begin
    before, now = a_model(), a_model()
    ids = ("s1", "s2", "s5", "s6")
    segments = tuple(msgspec.structs.replace(s, id=id) for s, id in zip(now.segments, ids, strict=True))
    lineage = (
        Fate(id="s1", fate="kept", before=1_000, after=990, shared=900),
        Fate(id="s2", fate="kept", before=10, after=10, shared=10),
        Fate(id="s5", fate="split", other="s2", before=0, after=50, shared=40),
        Fate(id="s6", fate="new", before=0, after=70, shared=0),
        Fate(id="s3", fate="merged", other="s1", before=95, after=0, shared=90),
        Fate(id="s4", fate="retired", before=80, after=0, shared=0),
    )
    after = msgspec.structs.replace(now, segments=segments, lineage=lineage, training={"keep_their_id": 0.833})

    lines = list(lineage_lines(after, Champion(before, "the live one")))

    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines))
    assert "83.3% of these customers keep their segment id" in text
    for words in (
        "s1  Champions  kept     900 of its 1,000 customers stay, 90 join\n",
        "s5  Promising  split    40 of its 50 customers come from s2 Loyal",
        "s6  New        new      its 70 customers come from several segments",
        "s3  Promising  merged   90 of its 95 customers go to s1 Champions",
        "s4  New        retired  its 80 customers go to several segments",
    ):
        assert words in text


def test_who_buys_again_stands_beside_each_segment_and_is_explained() -> None:
    model = a_choice()
    segments = tuple(
        msgspec.structs.replace(s, buys_again=share)
        for s, share in zip(model.segments, (0.961, 0.5, None, 0.0), strict=True)
    )
    facts = {
        "trial_day": "2011-09-09T12:50:00Z", "trial_weeks": 13, "trial_is_held_back": 0,
        "trial_customers": 3_365, "trial_buys_again": 0.571,
    }  # fmt: skip

    lines = told(msgspec.structs.replace(model, segments=segments, training=model.training | facts))

    rows = [line for line in lines if re.match(r"  s\d ", line)]
    assert [row.split()[-1] for row in rows] == ["96.1%", "50.0%", "-", "0.0%"]
    text = " ".join(" ".join(lines).split())
    assert "on 2011-09-09, the part that bought in the 13 weeks after; of all 3,365 it was 57.1%" in text
    assert "hold them back with --until" in text
    assert max(map(len, lines)) <= 100


def test_columns_stand_below_their_heads() -> None:
    lines = told(a_choice())
    head = next(line for line in lines if "Davies-B." in line)
    row = next(line for line in lines if line.startswith("▸"))

    assert row[: len(head)].endswith("10.0%")
    assert head.endswith("smallest")
