"""Programs that `make system-tools` brings: the system's, or those that it has unpacked."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

UNPACKED = Path(__file__).parents[1] / ".tools" / "debian"


def system_tool(name: str, inside: str) -> Path:
    """Return a program; skip the test on a machine without it, and fail in CI."""
    if found := shutil.which(name):
        return Path(found)
    if (program := UNPACKED / inside).exists():
        return program
    missing = f"there is no {name}: make system-tools"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
