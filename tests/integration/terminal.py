"""A new user's terminal: the `segstream` command in a folder, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stream_app.cli import main
from tests.forks import Fork

OURS = ("SEGSTREAM_", "KAFKA_", "REDIS_")


def clean_environment() -> dict[str, str]:
    """Return this process' environment without any setting of ours."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OURS)}


@dataclass(frozen=True)
class Terminal:
    """Runs commands to their end."""

    folder: Path
    env: dict[str, str]

    def run(self, *words: str, seconds: float = 60.0, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command: forked, unless a variable is set that Python reads at its start only."""
        if any(name.startswith("PYTHON") for name in env):
            return self._run_from_its_start(words, seconds, env)
        with tempfile.TemporaryDirectory() as said:
            out, err = Path(said, "out"), Path(said, "err")
            with Fork.start(main, words, env=self.env | env, stdout=out, stderr=err, folder=self.folder) as fork:
                code = fork.wait(seconds)
            return subprocess.CompletedProcess(words, code, out.read_text(), err.read_text())

    def _run_from_its_start(
        self, words: Sequence[str], seconds: float, env: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stream_app.cli", *words],
            cwd=self.folder, env=self.env | env, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def begin(self, *words: str, said: Path, errors: Path | None = None) -> Fork:
        """Begin a command that goes on meanwhile; a file gets what it says, or two."""
        return Fork.start(main, words, env=self.env, stdout=said, stderr=errors, folder=self.folder)

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout
