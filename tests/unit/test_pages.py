"""The pages hold together: links, examples, generated parts, figures."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from handbook.generated import PARTS, filled, generated_files, names_in
from handbook.outline import outline
from stream_app.contract.schemas import schemas
from tests.documents import PAGES, PROSE, ROOT, blocks_of, name_of

DOCS = ROOT / "docs"

AWAITED = {"docs/images/demo.svg"}
"""What a page shows before it exists: take it off as soon as it does."""


def test_examples_of_records_satisfy_their_schema() -> None:
    examples = [block for page in PAGES for block in blocks_of(page) if block.language == "json"]

    assert {block.title for block in examples} >= {"order.v1.json", "segment-change.v1.json"}
    for block in examples:
        record = json.loads(block.text)
        if block.title:
            Draft202012Validator(schemas()[block.title]).validate(record)


@pytest.mark.parametrize("file", [*generated_files()], ids=name_of)
def test_generated_parts_are_up_to_date(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert filled(text) == text, "run: make docs"


def test_every_generated_part_stands_in_one_page() -> None:
    names = [name for file in generated_files() for name in names_in(file.read_text(encoding="utf-8"))]

    assert sorted(names) == sorted(PARTS)


def test_the_site_shows_every_page_once() -> None:
    shown = ["index.md", *(page for pages in outline(DOCS).values() for page in pages)]

    assert sorted(shown) == sorted(file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md"))


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            found = (page.parent / target).resolve()
            assert found.exists() or found.relative_to(ROOT).as_posix() in AWAITED, target


def test_what_is_awaited_is_not_there_yet() -> None:
    assert {name for name in AWAITED if (ROOT / name).exists()} == set()


def test_pages_of_the_site_link_to_nothing_outside() -> None:
    for page in PAGES[1:]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).resolve().is_relative_to(DOCS), (name_of(page), target)


@pytest.mark.parametrize("page", ["README.md", "docs/explanation/comparisons.md"])
def test_figures_in_comparisons_are_those_of_the_benchmarks(page: str) -> None:
    rows = re.findall(
        r"^\| (?:segstream|plain Faust|Kafka Streams|orders|memory|from order).*$",
        (ROOT / page).read_text(),
        re.MULTILINE,
    )
    figures = {figure for row in rows for figure in re.findall(r"\d[\d,]*", row) if len(figure) > 1}

    benchmarks = set(re.findall(r"\d[\d,]*\d", (DOCS / "benchmarks.md").read_text()))
    assert len(figures) > 5
    assert figures <= benchmarks


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
