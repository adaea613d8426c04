"""Somebody who reads a page and does what it says: types its commands, saves its programs, compares what appears."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Self

from stream_app.local.ports import free_ports
from tests.documents import IN_A_SECOND_TERMINAL, ROOT, UNTIL_CTRL_C, Block
from tests.integration.terminal import clean_environment
from tests.integration.window import Window, missing, surplus

SHIMS = {
    "segstream": "-m stream_app.cli",
    "python": "",
    "redis-cli": f"{Path(__file__).with_name('redis_cli.py')}",
}


def an_installed_folder(folder: Path) -> dict[str, str]:
    """Make a folder look as `make setup` leaves it, and return the environment of a terminal there."""
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "activate").write_text(f"export PATH={programs}:$PATH\n")
    for name, words in SHIMS.items():
        file = programs / name
        file.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n')
        file.chmod(0o755)
    outer = clean_environment()
    return outer | {
        "PATH": f"{programs}:{outer['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SEGSTREAM_WEB_PORT": str(free_ports(1)[0]),
    }


class Reader:
    """A first terminal, further ones as the page asks for them, and what stands here for the addresses of the page."""

    def __init__(self, window: Window, here: Mapping[str, str] | None = None) -> None:
        self.window = window
        self.here = dict(here or {})
        """What a page writes, and what stands for it on this machine."""
        self._others: list[Window] = []

    def read(self, blocks: Iterable[Block]) -> None:
        """Do what the blocks say, one after the other."""
        for block in blocks:
            if block.is_run:
                self._take(block)

    def _take(self, block: Block) -> None:
        commands = self._adapted(block.commands)
        if block.language == "python":
            self._save(block)
        elif block.note == IN_A_SECOND_TERMINAL:
            self._leave_running(commands, block)
        elif block.note == UNTIL_CTRL_C:
            self._watch(commands, block)
        else:
            said = self.window.run(commands)
            absent = missing(block.expected, said)
            assert not absent, f"{block}: these lines are missing:\n{absent}\nin:\n{said}"
            if block.language == "console":
                assert surplus(block.expected, said) == 0, f"{block}: more appears than the page shows:\n{said}"

    def _save(self, block: Block) -> None:
        """Save a program under its title; one without a title is run at once."""
        name = block.title or "snippet.py"
        self.window.run(f"cat > {name} <<'END-OF-PROGRAM'\n{self._adapted(block.text)}END-OF-PROGRAM")
        if not block.title:
            self.window.run(f"python {name}")

    def _leave_running(self, commands: str, block: Block) -> None:
        other = self.window.twin()
        self._others.append(other)
        said = other.start(commands, block.expected)
        self.window.run("\n".join(line for line in said.splitlines() if line.startswith("export ")))

    def _watch(self, commands: str, block: Block) -> None:
        with self.window.twin() as other:
            other.start(commands, block.expected)
            other.interrupt()

    def _adapted(self, text: str) -> str:
        for written, here in self.here.items():
            text = text.replace(written, here)
        return text

    def close(self) -> None:
        """Press Ctrl-C in every terminal, and close it."""
        for window in (self.window, *self._others):
            if window is not self.window:
                window.interrupt()
            window.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
