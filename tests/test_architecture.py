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
        "stream_app.settings", "stream_app.metrics", "stream_app.logs", "stream_app.tracing",
    },
    "stream_app/dead_letters": {
        "stream_app.dead_letters", "stream_app.core", "stream_app.contract", "stream_app.settings",
        "stream_app.operators", "stream_app.topic_log",
        "stream_app.worker.kafka_config", "stream_app.worker.kafka_refusals",
    },
    "stream_app/shadow": {
        "stream_app.shadow", "stream_app.core", "stream_app.contract", "model_store", "stream_app.settings",
        "stream_app.logs", "stream_app.lookup", "stream_app.operators", "stream_app.topics", "stream_app.topic_log",
        "stream_app.worker",
    },
    "stream_app/repartition": {
        "stream_app.repartition", "stream_app.core", "stream_app.contract", "stream_app.settings",
        "stream_app.operators", "stream_app.topics", "stream_app.topic_log", "stream_app.shadow.run",
        "stream_app.worker",
    },
    "stream_app/doctor/judge": {
        "stream_app.doctor.judge", "stream_app.doctor.facts", "stream_app.doctor.finding", "stream_app.core",
        "stream_app.contract", "stream_app.topic_faults", "stream_app.settings_sources",
    },
    "stream_app/doctor": {
        "stream_app.doctor", "stream_app.core", "stream_app.contract", "model_store", "stream_app.settings",
        "stream_app.settings_sources", "stream_app.topic_faults", "stream_app.topics", "stream_app.worker",
    },
    "stream_app/api": {
        "stream_app.api", "stream_app.core", "stream_app.contract", "model_store", "stream_app.settings",
        "stream_app.metrics", "stream_app.logs", "stream_app.lookup", "stream_app.members", "stream_app.tail",
        "stream_app.operators", "stream_app.privacy", "stream_app.catalogue", "stream_app.candidate",
        "stream_app.statistics", "stream_app.topic_log",
        "stream_app.worker.control", "stream_app.worker.promoted", "stream_app.worker.kafka_config",
        "stream_app.worker.kafka_refusals", "stream_app.worker.kafka_rights", "stream_app.local.ports",
    },
    "stream_app/privacy": {
        "stream_app.privacy", "stream_app.core", "stream_app.contract", "stream_app.settings", "stream_app.lookup",
        "stream_app.operators", "stream_app.replay.send", "stream_app.topic_log", "stream_app.worker.control",
    },
    "stream_app/demo/drawing": {"stream_app.demo.drawing"},
    "stream_app/dashboard": {
        "stream_app.dashboard", "stream_app.contract.cause_words", "stream_app.contract.segment_change",
        "stream_app.core.errors", "stream_app.local.ports", "stream_app.settings",
    },
    "stream_app/space": {
        "stream_app.space", "stream_app.api", "stream_app.core", "stream_app.contract", "model_store",
        "stream_app.settings", "stream_app.logs", "stream_app.tail", "stream_app.operators", "stream_app.history",
        "stream_app.worker", "stream_app.dashboard.command", "stream_app.local", "stream_app.demo.shop",
        "stream_app.demo.folder", "stream_app.demo.guard",
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


def test_nobody_but_what_serves_it_imports_the_api() -> None:
    found = {
        str(file.relative_to(ROOT))
        for file in sources()
        for name in imports(file)
        if name.startswith("stream_app.api") and not file.is_relative_to(ROOT / "stream_app" / "api")
    }

    assert {path for path in found if not path.startswith("stream_app/space/")} == {"stream_app/commands/serving.py"}


@pytest.mark.parametrize(
    "room",
    [
        "stream_app/core",
        "model_store/scoring.py",
        "stream_app/doctor/judge",
        "stream_app/demo/drawing",
        "stream_app/api/four_numbers.py",
        "stream_app/api/limits.py",
        "stream_app/dead_letters/fix.py",
        "stream_app/dead_letters/letter.py",
        "stream_app/dead_letters/outlook.py",
        "stream_app/dead_letters/plan.py",
        "stream_app/dead_letters/summary.py",
        "stream_app/shadow/compare.py",
        "stream_app/shadow/tally.py",
        "stream_app/repartition/routing.py",
        "stream_app/repartition/fingerprint.py",
        "trainer/report",
    ],
)
def test_pure_rooms_reach_nothing_outside(room: str) -> None:
    files = [ROOT / room] if room.endswith(".py") else list((ROOT / room).rglob("*.py"))

    touched = {(file.name, name) for file in files for name in imports(file) if name.split(".")[0] in OUTSIDE}

    assert touched == set()


def test_importing_the_core_starts_no_faust() -> None:
    code = "import sys, stream_app.core.pipeline, stream_app.core.state_record; print('faust' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_decoders_are_made_where_their_module_is_loaded() -> None:
    """msgspec learns a type when it is first asked for it, and ends the process where two threads do so at once."""
    late = {
        (str(file.relative_to(ROOT)), node.lineno)
        for file in sources()
        for outer in ast.walk(ast.parse(file.read_text()))
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(outer)
        if isinstance(node, ast.Call)
        if ast.unparse(node.func).endswith("Decoder")
        or (ast.unparse(node.func).endswith(".decode") and any(word.arg == "type" for word in node.keywords))
    }

    assert late == set()


CODE_FROM_BYTES = {
    "pickle", "joblib", "dill", "cloudpickle", "skops", "marshal", "shelve", "numpy.load", "np.load",
    "pandas.read_pickle", "pd.read_pickle", "eval", "exec", "compile",
}  # fmt: skip
"""What turns bytes into code that runs."""


def calls(file: Path) -> set[str]:
    """Return the dotted names of what a file calls by a name of its own."""
    return {ast.unparse(node.func) for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)}


def modules_of(name: str) -> list[Path]:
    """Return the files that importing one of our modules runs, or none for a name in a module."""
    parts = name.split(".")
    packages = [ROOT.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    return [file for file in [*packages, ROOT.joinpath(*parts).with_suffix(".py")] if file.is_file()]


def reachable_from(root: Path) -> set[Path]:
    """Return every file of ours that a file imports, those that it imports only when needed among them."""
    found, waiting = set(), [root]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found.add(file)
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            waiting += [module for name in names if name.split(".")[0] in OURS for module in modules_of(name)]
    return found


def test_nothing_of_ours_makes_code_from_bytes() -> None:
    found = {(file.name, name) for file in sources() for name in imports(file) if name.split(".")[0] in CODE_FROM_BYTES}
    found |= {(file.name, name) for file in sources() for name in calls(file) & CODE_FROM_BYTES}

    assert found == set()


@pytest.mark.parametrize(
    "entry", ["stream_app/worker/run.py", "stream_app/portrait.py", "stream_app/api/predict.py", "model_store/store.py"]
)
def test_what_loads_a_model_at_run_time_never_reaches_the_trainer(entry: str) -> None:
    files = reachable_from(ROOT / entry)

    assert ROOT / "model_store" / "segment_model.py" in files
    assert {file.name for file in files if (ROOT / "trainer") in file.parents} == set()
    assert {
        name for file in files for name in imports(file) if name.split(".")[0] in {"sklearn", "scipy", "duckdb"}
    } == set()


def test_a_worker_holds_nothing_that_opens_pickled_models() -> None:
    code = """
import sys, stream_app.worker.run, stream_app.worker.startup, stream_app.worker.engine, stream_app.portrait
print(sorted({"sklearn", "scipy", "joblib", "dill", "cloudpickle", "skops", "trainer"} & set(sys.modules)))
"""

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


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
