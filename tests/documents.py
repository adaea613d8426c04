"""The Markdown pages as tests see them: their fenced blocks, the note before each, and the commands inside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
"""What a reader runs commands from."""

PROSE = [*PAGES, *(ROOT / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING", "SECURITY"))]
"""Whatever people read."""

IN_A_SECOND_TERMINAL = "in a second terminal"
UNTIL_CTRL_C = "until Ctrl-C"
NOT_RUN = "not run: "

_BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]+) -->\n)?^```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block: `sh` holds commands, `console` commands after `$` and what they print, `python` a program."""

    page: str
    line: int
    language: str
    title: str
    note: str
    text: str

    @property
    def is_run(self) -> bool:
        """True for what a reader types, unless a note says why a test does not."""
        return self.language in {"sh", "console", "python"} and not self.note.startswith(NOT_RUN)

    @property
    def commands(self) -> str:
        """What is typed, one or many lines of shell."""
        if self.language != "console":
            return self.text if self.language == "sh" else ""
        return "".join(line[2:] for line in self.text.splitlines(keepends=True) if line.startswith(("$ ", "> ")))

    @property
    def expected(self) -> list[str]:
        """The lines that should appear; `…` stands for anything, alone in a line for any lines."""
        if self.language != "console":
            return []
        return [line for line in self.text.splitlines() if not line.startswith(("$ ", "> "))]

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def name_of(page: Path) -> str:
    """Return a page's path as it is written in tables of tests."""
    return page.relative_to(ROOT).as_posix()


def blocks_of(page: Path) -> list[Block]:
    """Return the page's fenced blocks in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page=name_of(page),
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            title=found["title"] or "",
            note=found["note"] or "",
            text=found["text"],
        )
        for found in _BLOCK.finditer(text)
    ]


def code_spans(page: Path) -> list[str]:
    """Return what stands in backticks within the page's sentences."""
    outside = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", outside)]


def command_lines(block: Block) -> Iterator[str]:
    """Yield each command of a block as one line, without comments, background marks and redirections."""
    for line in re.sub(r"<<'END'\n.*?^END$", "", block.commands, flags=re.M | re.S).replace("\\\n", " ").splitlines():
        bare = re.sub(r"(^|\s)#.*| *&$|(?<=\s)[0-9]?>&?\s*\S+", "", line).strip()
        if bare:
            yield bare
