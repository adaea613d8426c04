"""The shape of the code: who may import whom, how long a file and a function may be, what the core never touches."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("model_store", "trainer", "stream_app")

MAY_IMPORT = {
    "model_store": {"model_store"},
    "stream_app/contract": {"stream_app.contract"},
    "stream_app/core": {"stream_app.core", "stream_app.contract", "model_store"},
    "stream_app/local": {"stream_app.local", "stream_app.core.errors"},
    "stream_app/history": {"stream_app.history", "stream_app.core", "stream_app.contract"},
    "stream_app/worker": {
        "stream_app.worker", "stream_app.core", "stream_app.contract", "model_store",
        "stream_app.settings", "stream_app.metrics", "stream_app.logs",
    },
    "stream_app/doctor/judge": {
        "stream_app.doctor.judge", "stream_app.doctor.facts", "stream_app.doctor.finding", "stream_app.core",
        "stream_app.contract", "stream_app.topic_faults", "stream_app.settings_sources",
    },
    "stream_app/doctor": {
        "stream_app.doctor", "stream_app.core", "stream_app.contract", "model_store", "stream_app.settings",
        "stream_app.settings_sources", "stream_app.topic_faults", "stream_app.topics", "stream_app.worker",
    },
    "stream_app/starter": {"stream_app.starter", "stream_app.core.errors", "stream_app.settings_sources"},
    "trainer": {"trainer", "stream_app.history", "stream_app.core", "stream_app.contract", "model_store"},
}  # fmt: skip

OUTSIDE = {
    "asyncio", "confluent_kafka", "datetime.now", "faust", "logging", "os", "pathlib", "random", "redis", "socket",
    "structlog", "subprocess", "threading", "time",
}  # fmt: skip


def sources() -> Iterator[Path]:
    for package in OURS:
        yield from (ROOT / package).rglob("*.py")


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} if node.module in OURS else {node.module}
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_go_in_one_direction(room: str) -> None:
    allowed = MAY_IMPORT[room]

    wrong = {
        (file.name, name)
        for file in (ROOT / room).rglob("*.py")
        for name in imports(file)
        if name.split(".")[0] in OURS and not any(name == a or name.startswith(f"{a}.") for a in allowed)
    }

    assert wrong == set()


@pytest.mark.parametrize("room", ["stream_app/core", "model_store/scoring.py", "stream_app/doctor/judge"])
def test_pure_rooms_reach_nothing_outside(room: str) -> None:
    files = [ROOT / room] if room.endswith(".py") else list((ROOT / room).rglob("*.py"))

    touched = {(file.name, name) for file in files for name in imports(file) if name.split(".")[0] in OUTSIDE}

    assert touched == set()


def test_importing_the_core_starts_no_faust() -> None:
    code = "import sys, stream_app.core.pipeline, stream_app.core.state_record; print('faust' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_no_runtime_room_loads_a_pickle() -> None:
    loaders = {"pickle", "joblib", "dill", "cloudpickle", "skops"}

    assert {(file.name, name) for file in sources() for name in imports(file) if name.split(".")[0] in loaders} == set()


def test_files_stay_readable() -> None:
    assert {file.name: n for file in sources() if (n := file.read_text().count("\n")) > 400} == {}


def test_functions_stay_readable() -> None:
    long = {
        (file.name, node.name): size
        for file in sources()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or 0) - node.lineno + 1) > 40
    }

    assert long == {}
