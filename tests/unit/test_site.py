"""The site builds without a warning, and every link in it leads to a page, a file or a heading that is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.documents import ROOT


class Page(HTMLParser):
    """One page of the site: what it links to, what it loads, and the names of its places."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.places.add(value)
            elif name == "href" and value and tag == "a":
                self.links.append(value)
            elif name in {"href", "src"} and value:
                self.loaded.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly from a copy of the pages."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    shutil.copytree(ROOT / "docs", folder / "docs")
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout + done.stderr
    return folder / "build" / "site"


def target_of(site: Path, page: Path, link: str) -> tuple[Path, str]:
    """Return the file and the place in it that a link leads to."""
    parts = urlsplit(link)
    if not parts.path:
        return page, parts.fragment
    base = site if parts.path.startswith("/") else page.parent
    target = (base / unquote(parts.path).lstrip("/")).resolve()
    return (target / "index.html" if target.is_dir() else target), parts.fragment


def test_every_page_becomes_one_of_the_site(site: Path) -> None:
    pages = {file.relative_to(ROOT / "docs").with_suffix("") for file in (ROOT / "docs").rglob("*.md")}

    built = {file.parent.relative_to(site) for file in site.rglob("index.html")}
    assert built == {page if page.name != "index" else page.parent for page in pages}


def test_links_of_the_site_lead_somewhere(site: Path) -> None:
    pages = {file: Page(file) for file in site.rglob("index.html")}
    broken = [
        (file.parent.name, link)
        for file, page in pages.items()
        for link in page.links
        if not urlsplit(link).scheme
        for target, place in [target_of(site, file, link)]
        if not target.exists() or (place and target in pages and place not in pages[target].places)
    ]

    assert sum(len(page.links) for page in pages.values()) > 100
    assert broken == []


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    for file in site.rglob("index.html"):
        for loaded in Page(file).loaded:
            assert not urlsplit(loaded).netloc, (file, loaded)
            assert target_of(site, file, loaded)[0].exists(), (file, loaded)
