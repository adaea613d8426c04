"""A release that writes states in another format: a copy of this one with a field more in each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("stream_app", "model_store", "tests")
EDITS = {
    "stream_app/core/state_layout.py": (
        ("STATE_FORMAT = 1\n", "STATE_FORMAT = 2\n"),
        ("READABLE = frozenset({STATE_FORMAT})", "READABLE = frozenset({1, 2})"),
        ("    adopted: int = 0\n", "    adopted: int = 0\n    oldest_at: int | None = None\n"),
    ),
    "stream_app/core/state_record.py": (
        (
            "        adopted=customer.adopted,\n",
            "        adopted=customer.adopted,\n        oldest_at=rfm.held.oldest_at(),\n",
        ),
    ),
}
FORMAT = 2
OLDEST_AT = -1
"""The place in a state's header of what only the next release writes: when the oldest order was placed that is held."""


def a_next_release(folder: Path) -> Path:
    """Return where the code of the next release lies."""
    code = folder / "next-release"
    for part in PARTS:
        shutil.copytree(ROOT / part, code / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, edits in EDITS.items():
        file = code / name
        text = file.read_text()
        for old, new in edits:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        file.write_text(text)
    return code
