"""Writes a new deployment's files from their templates: whole or not at all, and never over what is there."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files as resources
from pathlib import Path

from stream_app.core.errors import UsageError
from stream_app.settings_sources import SETTINGS_FILE
from stream_app.starter.plan import Plan, check

COMPOSE, ENV = "docker-compose.yml", ".env"
STORE = "store"
FILES = (COMPOSE, ENV, SETTINGS_FILE)
_TEMPLATES = {COMPOSE: COMPOSE, ENV: "env", SETTINGS_FILE: SETTINGS_FILE}
_ERASURE_KEY = re.compile(r"^SEGSTREAM_ERASURE_KEY='([^'\n]{32,})'$", re.MULTILINE)
_PRIVATE, _PUBLIC = 0o600, 0o644


def start_deployment(folder: Path, plan: Plan, *, is_forced: bool = False) -> None:
    """Write the three files and make the model store; raises UsageError before writing when one is there already."""
    check(plan)
    plan = replace(plan, erasure_key=_erasure_key_in(folder / ENV))
    texts = {name: rendered(name, plan) for name in FILES}
    there = [name for name in FILES if os.path.lexists(folder / name)]
    if there and not is_forced:
        raise UsageError(
            f"{folder.resolve()} holds {', '.join(there)} already.",
            "Choose another folder: segstream init FOLDER. Or replace what is there: segstream init --force",
        )
    try:
        # Docker would make it for root, and training could not write to it.
        (folder / STORE).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            _write(folder / name, text, _PRIVATE if name == ENV else _PUBLIC)
    except OSError as error:
        raise UsageError(f"{folder} cannot be written to: {error.strerror}.", "Choose another folder.") from error


def _erasure_key_in(env: Path) -> str | None:
    """Return the key of an earlier file: a new one would make every worker stop once somebody was erased."""
    try:
        found = _ERASURE_KEY.search(env.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
    return found and found[1]


def rendered(name: str, plan: Plan) -> str:
    """Return one file's text for a plan."""
    template = (resources("stream_app.starter") / "templates" / _TEMPLATES[name]).read_text(encoding="utf-8")
    values = plan.values()
    text = "".join(_chosen(template.splitlines(keepends=True), _conditions(plan)))
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], text)


def _conditions(plan: Plan) -> dict[str, bool]:
    return {
        "own kafka": plan.has_own_kafka,
        "given kafka": not plan.has_own_kafka,
        "own redis": plan.has_own_redis,
        "own server": plan.has_own_kafka or plan.has_own_redis,
    }


def _chosen(lines: list[str], conditions: dict[str, bool]) -> Iterator[str]:
    """Yield the lines outside of `#if <condition>` … `#end`, and those inside whose condition holds."""
    is_wanted = True
    for line in lines:
        if line.startswith("#if "):
            is_wanted = conditions[line.removeprefix("#if ").strip()]
        elif line.startswith("#end"):
            is_wanted = True
        elif is_wanted:
            yield line


def _write(file: Path, text: str, mode: int) -> None:
    """Write beside the file and rename: nobody sees half of it, or a secret before its permissions are set."""
    descriptor, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as target:
            target.write(text)
        os.chmod(name, mode)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise
