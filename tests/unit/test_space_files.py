"""What the Hugging Face Space is made of: the front matter, the image, the script, and the folder that is pushed."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from stream_app.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
HERE = ROOT / "deploy" / "huggingface"
DOCKERFILE = (HERE / "Dockerfile").read_text()
SERVICES = (ROOT / "deploy" / "Dockerfile").read_text()
SCRIPT = (HERE / "start.sh").read_text()
README = (HERE / "README.md").read_text()
COLOURS = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}


def front_matter() -> dict[str, Any]:
    """Return the block at the top of the Space's README, which is its configuration."""
    _, block, _ = README.split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(block)
    return found


def copied(text: str) -> list[str]:
    """Return what a Dockerfile copies from its context."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
    return [source for line in lines for source in line.split()[:-1]]


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make space` makes."""
    folder = tmp_path_factory.mktemp("made") / "space"
    subprocess.run(["make", "space", f"SPACE={folder}"], cwd=ROOT, check=True, capture_output=True, timeout=60)
    return folder


def test_hugging_face_finds_its_configuration() -> None:
    found = front_matter()

    assert found["sdk"] == "docker"
    assert {found["colorFrom"], found["colorTo"]} <= COLOURS
    assert len(found["short_description"]) <= 60
    assert found["license"] == "apache-2.0"


def test_front_matter_script_and_image_name_one_port() -> None:
    port = str(front_matter()["app_port"])

    assert re.findall(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE) == [port]
    assert f"${{PORT:-{port}}}" in SCRIPT
    assert f"http://127.0.0.1:{port}/healthz" in DOCKERFILE


def test_the_folder_holds_what_the_image_copies_and_nothing_else(pushed: Path) -> None:
    wanted = {source.split("/")[0] for source in copied(DOCKERFILE)} | {"Dockerfile"}

    assert {path.name for path in pushed.iterdir()} == wanted
    for source in copied(DOCKERFILE):
        assert (pushed / source).exists(), source
        assert (ROOT / source).exists(), source
    assert list(pushed.rglob("__pycache__")) == []
    assert (pushed / "README.md").read_text() == README
    assert (pushed / "Dockerfile").read_text() == DOCKERFILE


def test_the_image_stands_on_the_same_base_and_the_same_locks_as_the_services() -> None:
    base = re.compile(r"^FROM (\S+)", re.MULTILINE)

    assert set(base.findall(DOCKERFILE)) == set(base.findall(SERVICES))
    assert DOCKERFILE.count("pip install --require-hashes") == SERVICES.count("pip install --require-hashes") == 2
    assert "requirements-space.lock" in copied(DOCKERFILE)


def test_the_image_runs_as_the_user_of_spaces_and_writes_to_tmp_only() -> None:
    final = DOCKERFILE.rpartition("FROM ")[2]

    assert "--uid 1000" in final
    assert re.findall(r"^USER (.+)$", final, re.MULTILINE) == ["1000:1000"]
    assert re.findall(r"^WORKDIR (.+)$", final, re.MULTILINE) == ["/tmp"]  # noqa: S108
    assert "HOME=/tmp" in final


def test_variables_of_the_image_are_settings() -> None:
    names = {variable_of(name) for name in Settings.model_fields}

    assert set(re.findall(r"SEGSTREAM_[A-Z_]+", DOCKERFILE)) <= names


def test_no_secret_is_in_the_image() -> None:
    assert re.findall(r"(?:PASSWORD|TOKEN|SECRET)\w*=", DOCKERFILE + SCRIPT) == []


def test_the_script_becomes_the_program_so_that_signals_reach_it() -> None:
    assert SCRIPT.splitlines()[-1].startswith("exec segstream space ")
    assert subprocess.run(["sh", "-n", HERE / "start.sh"], check=False).returncode == 0
