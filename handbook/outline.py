"""The order in which the site shows the pages; a page that does not exist is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

START = "index.md"

SECTIONS: dict[str, tuple[str, ...]] = {
    "Tutorial": ("tutorial/*",),
    "How-to guides": (
        "how-to/start-a-deployment.md",
        "how-to/deploy-everything.md",
        "how-to/hugging-face.md",
        "how-to/connect-to-kafka-and-redis.md",
        "how-to/check-a-deployment.md",
        "how-to/bring-your-own-orders.md",
        "how-to/train-a-model.md",
        "how-to/load-history.md",
        "how-to/look-up-a-segment.md",
        "how-to/ask-over-http.md",
        "how-to/look-after-models.md",
        "how-to/change-the-model.md",
        "how-to/subscribe-from-python.md",
        "how-to/erase-a-person.md",
        "how-to/*",
        "runbook.md",
    ),
    "Reference": (
        "reference/commands.md",
        "reference/settings.md",
        "reference/topics.md",
        "reference/events.md",
        "reference/http-api.md",
        "reference/*",
    ),
    "Explanation": (
        "architecture.md",
        "guarantees.md",
        "security.md",
        "explanation/how-time-moves-customers.md",
        "explanation/exact-integers.md",
        "explanation/comparisons.md",
        "benchmarks.md",
        "explanation/*",
    ),
    "Decisions": ("adr/*",),
}
"""Each section with its pages and, at a star, the pages of a folder that stand nowhere else, by name."""


def navigation(docs: Path) -> str:
    """Return the site's `nav` as lines of YAML."""
    lines = ["nav:", f"  - Start: {START}"]
    for section, pages in outline(docs).items():
        lines.append(f"  - {section}:")
        lines += [f"      - {json.dumps(title_of(docs / page), ensure_ascii=False)}: {page}" for page in pages]
    return "".join(f"{line}\n" for line in lines)


def outline(docs: Path) -> dict[str, list[str]]:
    """Return each section's existing pages in their order."""
    named = {page for pages in SECTIONS.values() for page in pages}
    return {section: list(_existing(docs, pages, named)) for section, pages in SECTIONS.items()}


def _existing(docs: Path, pages: tuple[str, ...], named: set[str]) -> Iterator[str]:
    for page in pages:
        found = sorted(str(file.relative_to(docs)) for file in docs.glob(page) if file.suffix == ".md")
        yield from (name for name in found if name == page or name not in named)


def title_of(page: Path) -> str:
    """Return a page's heading."""
    return next(line[2:].strip() for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("# "))
