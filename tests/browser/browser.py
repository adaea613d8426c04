"""Chromium for the tests: the system's, or the one that `make system-tools` has unpacked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.system_tools import UNPACKED, system_tool

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium() -> tuple[str, dict[str, str]]:
    """Return the program and its environment; skip the test on a machine without, and fail in CI."""
    program = system_tool("chromium", "usr/lib/chromium/chromium")
    if not program.is_relative_to(UNPACKED):
        return str(program), {}
    libraries = [str(path) for path in sorted((UNPACKED / "usr" / "lib").glob("*-linux-gnu"))]
    inner = [f"{library}/{name}" for library in libraries for name in ("pulseaudio", "blas", "lapack")]
    return str(program), {"LD_LIBRARY_PATH": ":".join([*libraries, *inner])}


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Run Chromium without a screen."""
    program, env = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS, env={**os.environ, **env})
        yield browser
        browser.close()
