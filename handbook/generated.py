"""The generated parts of the pages: whatever stands between `generated: NAME` and `end`, each in a comment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from handbook.codes import letter_codes
from handbook.commands import command_sections
from handbook.events import PARTS as EVENT_PARTS
from handbook.openapi import route_table
from handbook.outline import navigation
from handbook.rights import kafka_table, redis_rules
from handbook.topics import topic_table

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SITE = ROOT / "mkdocs.yml"

PARTS: Mapping[str, Callable[[], str]] = {
    "commands": command_sections,
    "letter-codes": letter_codes,
    "topics": topic_table,
    "routes": route_table,
    "kafka-rights": kafka_table,
    "redis-rules": redis_rules,
    "navigation": lambda: navigation(DOCS),
    **EVENT_PARTS,
}

_PART = re.compile(
    r"(?P<begin>^ *(?:<!--|#) generated: (?P<name>[a-z-]+)(?: -->)?\n).*?(?P<end>^ *(?:<!--|#) end\b)", re.M | re.S
)


def filled(text: str) -> str:
    """Return a page with its generated parts made anew; raises KeyError for a part that nobody makes."""
    return _PART.sub(lambda found: f"{found['begin']}{PARTS[found['name']]()}{found['end']}", text)


def names_in(text: str) -> list[str]:
    """Return the names of a page's generated parts."""
    return [found["name"] for found in _PART.finditer(text)]


def generated_files() -> Iterator[Path]:
    """Yield the files that may hold generated parts."""
    yield SITE
    yield from sorted(DOCS.rglob("*.md"))
