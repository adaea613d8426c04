"""A new user's terminal: the `segstream` command in a folder, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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
        return subprocess.run(
            [sys.executable, "-m", "stream_app.cli", *words],
            cwd=self.folder, env=self.env | env, capture_output=True, text=True, timeout=seconds, check=False,
        )  # fmt: skip

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout
