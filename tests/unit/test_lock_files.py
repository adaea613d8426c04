"""The lock files install anywhere: pip's hash-checking mode finds every name that is asked for pinned, with hashes."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = {
    "requirements-worker.lock": "",
    "requirements-worker-full.lock": "otel",
    "requirements-api.lock": "api",
    "requirements-dashboard.lock": "dashboard",
    "requirements-train.lock": "train",
    "requirements-space.lock": "space",
    "requirements.lock": "demo",
    "requirements-dev.lock": "dev",
    "requirements-spark.lock": "spark",
}
"""Each with the extra of ours that it was resolved for; the worker's has none, and some have more."""

TOOLS = ("requirements-build.lock", "requirements-uv.lock", "requirements-audit.lock", "requirements-fuzz.lock")

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def entries(lock: str) -> list[str]:
    """Return the lock's pins, each with its hashes, and whatever else stands there, without comments."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE)
    return re.sub(r"\s*\\\n\s*", " ", text).splitlines()


def pins(lock: str) -> dict[str, Requirement]:
    """Return what the lock pins on this machine, by name."""
    found = [Requirement(entry.split(" --hash")[0]) for entry in entries(lock)]
    return {canonicalize_name(pin.name): pin for pin in found if pin.marker is None or pin.marker.evaluate()}


def applies(requirement: Requirement, extras: set[str]) -> bool:
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in ("", *extras))


def asked_by_us(extra: str) -> Iterator[Requirement]:
    """Yield what this project asks for with one of its extras, and with those that it names in turn."""
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"].get(extra, ())]:
        requirement = Requirement(text)
        if requirement.name == PROJECT["name"]:
            for other in requirement.extras:
                yield from asked_by_us(other)
        elif applies(requirement, set()):
            yield requirement


def asked_by(name: str, extras: set[str]) -> Iterator[Requirement]:
    """Yield what an installed distribution asks for with these extras."""
    try:
        texts = requires(name) or []
    except PackageNotFoundError:
        return
    yield from (requirement for text in texts if applies(requirement := Requirement(text), extras))


@pytest.mark.parametrize("lock", LOCKS)
def test_pins_name_the_extras_that_are_asked_for(lock: str) -> None:
    pinned = pins(lock)
    asked = [*asked_by_us(LOCKS[lock]), *(r for name, pin in pinned.items() for r in asked_by(name, pin.extras))]
    with_extras = [requirement for requirement in asked if requirement.extras]

    unnamed = {str(r) for r in with_extras if not r.extras <= pinned[canonicalize_name(r.name)].extras}

    assert with_extras
    assert unnamed == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_pinned(lock: str) -> None:
    pinned = pins(lock)

    asked = {canonicalize_name(requirement.name) for requirement in asked_by_us(LOCKS[lock])}

    assert asked - pinned.keys() == set()


@pytest.mark.parametrize("lock", [*LOCKS, *TOOLS])
def test_a_lock_holds_exact_versions_with_hashes_and_no_address(lock: str) -> None:
    form = re.compile(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[\w.]+( ; [^@]+?)?( --hash=sha256:[0-9a-f]{64})+")

    assert [entry for entry in entries(lock) if not form.fullmatch(entry)] == []
    assert "://" not in (ROOT / lock).read_text()


def test_the_larger_image_of_a_worker_adds_every_extra_that_a_worker_can_use() -> None:
    larger, plain = pins("requirements-worker-full.lock"), pins("requirements-worker.lock")
    extras = [requirement.name for extra in ("objectstore", "signature", "otel") for requirement in asked_by_us(extra)]

    assert {canonicalize_name(name) for name in extras} | plain.keys() <= larger.keys() | {"tzdata"}


ROOMS = {
    "": ["stream_app", "model_store"],
    "api": ["stream_app/api"],
    "train": ["stream_app/history", "trainer", "stream_app/candidate/preview.py"],
    "spark": ["trainer/spark"],
    "local": ["stream_app/local"],
    "demo": ["stream_app/demo"],
    "space": ["stream_app/space"],
    "dashboard": ["stream_app/dashboard"],
    "objectstore": ["model_store/objects.py"],
    "signature": ["model_store/signature.py"],
    "otel": ["stream_app/tracing.py", "stream_app/worker/spans.py"],
}
"""Which extra brings what a room needs; a room inside another, or a file in it, belongs to the nearest."""


def files_of(extra: str) -> Iterator[Path]:
    """Yield the rooms' files, without the rooms inside them that have an extra of their own."""
    others = [ROOT / room for other, rooms in ROOMS.items() if other != extra for room in rooms]
    for room in ROOMS[extra]:
        inner = [other for other in others if other.is_relative_to(ROOT / room)]
        files = [ROOT / room] if room.endswith(".py") else (ROOT / room).rglob("*.py")
        yield from (f for f in files if not any(f.is_relative_to(other) for other in inner))


def imported(file: Path) -> set[str]:
    """Return the top-level modules that a file imports, wherever in it."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in names} - {"stream_app", "model_store", "trainer"} - sys.stdlib_module_names


@pytest.mark.parametrize("extra", ROOMS)
def test_a_room_imports_only_what_its_extra_asks_for(extra: str) -> None:
    known = {canonicalize_name(requirement.name) for requirement in asked_by_us(extra)} | {"pydantic-core"}
    distributions = packages_distributions()

    unasked = {
        (file.name, module)
        for file in files_of(extra)
        for module in imported(file)
        if not any(canonicalize_name(name) in known for name in distributions.get(module, [module]))
    }

    assert unasked == set()


def test_the_page_of_dependencies_gives_a_reason_for_each_of_the_workers() -> None:
    page = (ROOT / "docs" / "reference" / "dependencies.md").read_text().split("Everything else")[0]
    listed = re.findall(r"^\| `([a-z-]+)` \| \S.*\|$", page, re.MULTILINE)

    assert sorted(listed) == sorted(Requirement(text).name for text in PROJECT["dependencies"])
