"""What `segstream models` says: lines fit 80 columns, and neither a damaged model nor an absent Kafka hides any."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model_store.comparison import compare
from model_store.renaming import Words, rename
from stream_app.catalogue import Live, entries, files_of, publish_renamed, version_called
from stream_app.catalogue_words import diff_lines, list_lines, show_lines
from stream_app.core.errors import UsageError
from stream_app.settings import Settings
from tests.builders import a_model
from tests.integration.terminal import Terminal, clean_environment

OLD, NEW = "20250101T000000Z-aaaaaaaa", "20250601T000000Z-bbbbbbbb"
NOW = datetime(2025, 7, 1, tzinfo=UTC)
LIVE = Live(OLD, "2025-01-02T03:04:05Z", "anna")
AWAY = Live(unknown="segment-control.v1 on Kafka at localhost:1 cannot be read.")
NOBODY = "127.0.0.1:1"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings of a store with two models, the older of which has a report."""
    settings = Settings(model_uri=str(tmp_path))
    facts = {"silhouette": 0.412, "as_of": "2024-12-31T00:00:00Z"}
    settings.models.publish(a_model(version=OLD, training=facts), {"report.html": b"<p>"})
    settings.models.publish(a_model(version=NEW, training={**facts, "silhouette": 0.398}))
    return settings


def plain(lines: object) -> list[str]:
    """Return lines as they are without colour, each no longer than a terminal is wide."""
    text = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]  # type: ignore[attr-defined]
    assert [line for line in text if len(line) > 80] == []
    return text


# list ---------------------------------------------------------------------------------------------------------------


def test_the_list_is_newest_first_and_marks_the_live_one(settings: Settings) -> None:
    lines = plain(list_lines(entries(settings, LIVE), LIVE, "here"))

    assert lines == [
        "  version                    learned until  customers  segments  silhouette",
        "  20250601T000000Z-bbbbbbbb  2024-12-31            40         4       0.398",
        "● 20250101T000000Z-aaaaaaaa  2024-12-31            40         4       0.412",
        "",
        "● live since 2025-01-02 03:04:05 UTC, by anna",
    ]


def test_without_kafka_the_list_stands_and_says_what_it_does_not_know(settings: Settings) -> None:
    found = entries(settings, AWAY)
    lines = plain(list_lines(found, AWAY, "here"))

    assert [entry.is_live for entry in found] == [None, None]
    assert NEW in lines[1]
    assert " ".join(lines[4:]).startswith("Which is live is not known: segment-control.v1 on Kafka at localhost:1")


@pytest.mark.parametrize(
    ("live", "says"),
    [
        (Live(), "None is live: workers wait"),
        (Live("v9", "2025-01-01T00:00:00Z", "bob"), "Live is v9, which is not here"),
    ],
)
def test_a_live_model_that_is_not_here_is_said(settings: Settings, live: Live, says: str) -> None:
    assert says in plain(list_lines(entries(settings, live), live, "here"))[4]


def test_a_damaged_model_is_listed_with_its_fault(settings: Settings) -> None:
    Path(settings.models.where(NEW)).write_bytes(b"{")

    found = entries(settings, LIVE)

    assert [bool(entry.fault) for entry in found] == [True, False]
    assert "MODEL_UNREADABLE" in "\n".join(list_lines(found, LIVE, "here"))


def test_an_empty_store_says_so(tmp_path: Path) -> None:
    settings = Settings(model_uri=str(tmp_path))

    assert plain(list_lines(entries(settings, Live()), Live(), "./store")) == ["No model is published in ./store yet."]


# names --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("word", "version"), [(OLD, OLD), ("202501", OLD), ("latest", NEW), ("live", OLD)])
def test_a_model_is_called_by_its_version_a_beginning_latest_or_live(
    settings: Settings, word: str, version: str
) -> None:
    assert version_called(settings, word, LIVE) == version


@pytest.mark.parametrize(
    ("word", "live", "says"),
    [
        ("2025", LIVE, "2 models begin with '2025'"),
        ("v9", LIVE, "segstream models list"),
        ("", LIVE, "segstream models list"),
        ("live", Live(), "No model is live yet"),
        ("live", AWAY, "Which model is live is not known: segment-control.v1"),
    ],
)
def test_a_word_that_names_no_one_model_is_refused(settings: Settings, word: str, live: Live, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        version_called(settings, word, live)

    assert says in str(caught.value)


# show ---------------------------------------------------------------------------------------------------------------


def test_a_model_is_shown_as_segments_in_words_and_the_facts_of_its_training(settings: Settings) -> None:
    model = settings.models.peek(OLD)
    lines = plain(show_lines(model, LIVE, {}, "EUR"))

    assert lines[:9] == [
        "20250101T000000Z-aaaaaaaa  ● live since 2025-01-02 03:04:05 UTC",
        "Trained 1 January 2025 on the orders of 365 days until 31 December 2024.",
        "",
        "Champions (s1)",
        "  ██████··················  25.0%, 10 customers",
        "  Typically 5 orders for 100.00 EUR, 9 products, the last 10 days ago.",
        "  …",
        "  → …",
        "",
    ]
    assert lines[-1] == "  silhouette          0.412"


def test_words_that_a_person_gave_are_marked_and_their_report_is_that_of_the_training(settings: Settings) -> None:
    long = "Ring them up, and ask whether there is anything that we could do better for them this year. " * 2
    artefact = publish_renamed(settings, OLD, "s2", Words("Big baskets", action=long), NOW)
    model = settings.models.load(artefact.version, artefact.sha256)
    settings.models.place.add(artefact.version, "model.0123.sig", b"")

    files = files_of(settings, model)
    lines = plain(show_lines(model, AWAY, {}, "EUR"))

    assert files == {
        "report.html": settings.models.where(OLD, "report.html"),
        "model.0123.sig": settings.models.where(artefact.version, "model.0123.sig"),
    }
    assert "Big baskets (s2), named by a person" in lines
    assert f"Other words than {OLD}, the same segments." in lines
    assert lines[0].endswith("whether it is live is not known")


def test_a_model_without_facts_is_shown_all_the_same(settings: Settings) -> None:
    lines = plain(show_lines(a_model(version="v1", window_days=None), Live(), {}, "EUR"))

    assert lines[:2] == ["v1  not live", "Trained on the orders of all time."]


# diff ---------------------------------------------------------------------------------------------------------------


def test_a_diff_says_what_became_of_each_segment(settings: Settings) -> None:
    old = settings.models.peek(OLD)
    new = rename(a_model(version=NEW, centroids=((2.2, 0.3), (0.6, 0.5), (-0.9, 1.0))), "s2", Words("Big"), at=NOW)

    lines = plain(diff_lines(compare(old, new)))

    assert lines == [
        f"{OLD} → {new.version}",
        "",
        "  segments    4 → 3: 3 kept, 0 new, 1 retired",
        "  customers   40 → 30",
        "  silhouette  0.412 → –",
        "",
        "                    before    after  centre",
        "  s1  Champions      25.0%    25.0%  stayed",
        "  s2  Loyal → Big    25.0%    25.0%  0.98",
        "  s3  Promising      25.0%    25.0%  stayed",
        "  s4  New            25.0%        –  retired",
        "      nearest: Promising (s3), 1.94 away",
        "",
        "centre: how far it moved, in standard deviations of the old model's customers.",
    ]


def test_a_diff_warns_of_another_window(settings: Settings) -> None:
    lines = plain(diff_lines(compare(settings.models.peek(OLD), a_model(version=NEW, window_days=None))))

    assert "  window      365 days → none: that takes a replay and a swap" in lines


# the command, without Kafka ------------------------------------------------------------------------------------------


@pytest.fixture
def terminal(settings: Settings, tmp_path: Path) -> Terminal:
    """Return a terminal in whose environment no broker answers."""
    env = clean_environment() | {
        "SEGSTREAM_MODEL_URI": settings.model_uri, "KAFKA_BOOTSTRAP_SERVERS": NOBODY,
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    return Terminal(tmp_path, env)


def test_models_can_be_read_as_json_while_kafka_is_away(terminal: Terminal) -> None:
    found = json.loads(terminal.ok("models", "list", "--json"))
    compared = json.loads(terminal.ok("models", "diff", OLD, "latest", "--json"))

    assert [(entry["version"], entry["is_live"]) for entry in found] == [(NEW, None), (OLD, None)]
    assert [kept["id"] for kept in compared["kept"]] == ["s1", "s2", "s3", "s4"]


def test_a_segment_is_renamed_in_a_new_version(terminal: Terminal, settings: Settings) -> None:
    done = terminal.run("models", "rename", "s1", "VIP", "--of", "latest", "--description", "The best.")

    [version] = set(settings.models.versions()) - {OLD, NEW}
    segment = settings.models.peek(version).segments[0]
    assert (done.returncode, done.stdout.strip()) == (0, version)
    assert (segment.name, segment.description, segment.renamed) == ("VIP", "The best.", True)
    assert "once it is promoted" in done.stderr


def test_a_refused_name_publishes_nothing(terminal: Terminal, settings: Settings) -> None:
    done = terminal.run("models", "rename", "s1", "Loyal", "--of", "latest")

    assert done.returncode == 1
    assert "segment s2 has the name 'Loyal' already" in done.stderr
    assert settings.models.versions() == [OLD, NEW]
