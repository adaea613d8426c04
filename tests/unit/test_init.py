"""`segstream init`: the files of a new deployment, in the four ways of having servers, and what it never overwrites."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import tomllib
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from dotenv import dotenv_values
from jsonschema import Draft7Validator, Draft202012Validator  # type: ignore[import-untyped]
from typer.testing import CliRunner, Result

from stream_app.cli import app
from stream_app.core.errors import UsageError
from stream_app.effective_settings import effective_settings, settings_schema, unknown_variables
from stream_app.neighbours import Seen, Unseen, neighbour_words
from stream_app.settings import Settings, load_settings, variable_of
from stream_app.starter.files import FILES, rendered, start_deployment
from stream_app.starter.next_steps import next_steps
from stream_app.starter.plan import Plan, check, new_cluster_id

ROOT = Path(__file__).parents[2]
THERE = {"kafka_bootstrap_servers": "broker-1:9092,broker-2:9092", "redis_url": "rediss://:s3cret$@cache:6380/1"}
PLANS = {
    "both its own": Plan(),
    "given Kafka": Plan("shop-a", THERE["kafka_bootstrap_servers"]),
    "given Redis": Plan("shop-a", None, THERE["redis_url"], window_days="none"),
    "both given": Plan("shop-a", **THERE, currency="USD", partitions=6, replication=2),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment without any setting."""
    for name in os.environ:
        if name.startswith(("SEGSTREAM_", "KAFKA_", "REDIS_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def compose(plan: Plan) -> dict[str, Any]:
    """Return a plan's Compose file as Compose reads it."""
    found: dict[str, Any] = yaml.safe_load(rendered("docker-compose.yml", plan))
    return found


def init(*words: str) -> Result:
    return CliRunner().invoke(app, ["init", *words], catch_exceptions=True)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_compose_file_satisfies_the_compose_specification(plan: Plan) -> None:
    package = find_spec("check_jsonschema")
    assert package is not None
    assert package.submodule_search_locations
    vendor = Path(package.submodule_search_locations[0]) / "builtin_schemas" / "vendor"
    file = compose(plan)

    Draft7Validator(json.loads((vendor / "compose-spec.json").read_text())).validate(file)

    own = {name for name, is_own in (("kafka", plan.has_own_kafka), ("valkey", plan.has_own_redis)) if is_own}
    assert set(file["services"]) == {"topics", "worker"} | own
    assert set(file.get("volumes", {})) == {f"{name}-data" for name in own}
    assert file["name"] == plan.deployment
    for service in file["services"].values():
        assert set(service.get("depends_on", {})) <= set(file["services"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_its_servers_and_worker_are_those_of_the_repositorys_own_compose_file() -> None:
    ours = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    theirs = compose(Plan())["services"]
    for services in (ours, theirs):
        assert len(services["kafka"]["environment"].pop("CLUSTER_ID")) == 22

    assert theirs["kafka"] == ours["kafka"]
    assert theirs["valkey"] == ours["valkey"]
    # Without a checkout there is nothing to build from, the settings come from files, and nobody trains or scales.
    apart = {"build", "image", "env_file", "environment", "working_dir", "volumes", "ports", "depends_on"}
    assert {k: v for k, v in theirs["worker"].items() if k not in apart} == {
        k: v for k, v in ours["worker"].items() if k not in apart
    }
    mounted = [{volume.partition(":")[2] for volume in one["worker"]["volumes"]} for one in (ours, theirs)]
    assert mounted[0] < mounted[1]


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_containers_reach_their_servers_by_the_names_of_the_services(plan: Plan) -> None:
    services = compose(plan)["services"]

    for name in ("topics", "worker"):
        said = services[name].get("environment", {})
        assert said.get("KAFKA_BOOTSTRAP_SERVERS") == ("kafka:19092" if plan.has_own_kafka else None)
        assert said.get("SEGSTREAM_KAFKA_ALLOW_PLAINTEXT") == ("1" if plan.has_own_kafka else None)
        assert services[name]["env_file"] == ".env"
        assert "./segstream.toml:/segstream/segstream.toml:ro" in services[name]["volumes"]
    assert services["worker"]["environment"].get("REDIS_URL") == (
        "redis://valkey:6379/0" if plan.has_own_redis else None
    )


def test_every_variable_and_name_in_the_files_is_a_setting() -> None:
    known = {variable_of(field) for field in Settings.model_fields} | {"SEGSTREAM_IMAGE"}
    for plan in PLANS.values():
        worker = compose(plan)["services"]["worker"]["environment"]
        env = re.findall(r"^#?([A-Z_]+)=", rendered(".env", plan), re.MULTILINE)
        assert set(worker) | set(env) <= known
        assert not re.search(r"@[A-Z_]+@|^#if|^#end", "".join(rendered(name, plan) for name in FILES), re.MULTILINE)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_the_files_are_loaded_as_they_were_planned(folder: Path, plan: Plan) -> None:
    start_deployment(folder, plan)

    settings = load_settings()

    assert settings.deployment == plan.deployment
    assert settings.kafka_group_id == f"{plan.deployment}-worker"
    assert settings.kafka_bootstrap_servers == (plan.kafka_bootstrap_servers or "localhost:9092")
    assert settings.redis_url.get_secret_value() == (plan.redis_url or "redis://localhost:6379/0")
    assert str(settings.window_days or "none") == plan.window_days
    assert settings.currency == plan.currency
    assert settings.topic_prefix == ("" if plan.has_own_kafka else "shop-a.")
    assert settings.redis_prefix == ("" if plan.has_own_redis else "shop-a:")
    assert unknown_variables() == []
    assert {s.origin.place for s in effective_settings()} == {"default", ".env", "segstream.toml"}


def test_the_settings_file_satisfies_its_schema() -> None:
    validator = Draft202012Validator(settings_schema())

    for name, plan in PLANS.items():
        assert list(validator.iter_errors(tomllib.loads(rendered("segstream.toml", plan)))) == [], name


def test_only_the_owner_may_read_the_secrets(folder: Path) -> None:
    start_deployment(folder, PLANS["both given"])

    modes = {name: stat.S_IMODE((folder / name).stat().st_mode) for name in FILES}
    assert modes == {"docker-compose.yml": 0o644, ".env": 0o600, "segstream.toml": 0o644}
    assert "s3cret" in (folder / ".env").read_text()
    assert "s3cret" not in (folder / "segstream.toml").read_text() + (folder / "docker-compose.yml").read_text()
    assert (folder / "store").is_dir()


def test_nothing_that_is_there_is_overwritten_without_force(folder: Path) -> None:
    (folder / ".env").write_text("mine")

    done = init()

    assert isinstance(done.exception, UsageError)
    assert f"{folder} holds .env already." in done.exception.cause
    assert "--force" in done.exception.mend
    assert sorted(os.listdir(folder)) == [".env"]
    assert (folder / ".env").read_text() == "mine"


def test_force_keeps_the_erasure_key(folder: Path) -> None:
    assert init().exit_code == 0
    first = dotenv_values(folder / ".env")["SEGSTREAM_ERASURE_KEY"]

    assert init("--force").exit_code == 0

    assert dotenv_values(folder / ".env")["SEGSTREAM_ERASURE_KEY"] == first
    assert first is not None
    assert len(first) == 64


def test_force_replaces_links_instead_of_writing_through_them(folder: Path, tmp_path_factory: Any) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "precious"
    elsewhere.write_text("mine")
    (folder / ".env").symlink_to(elsewhere)

    assert init("--force").exit_code == 0

    assert elsewhere.read_text() == "mine"
    assert not (folder / ".env").is_symlink()
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (Plan("Shop A"), "'Shop A'"),
        (Plan(window_days="0"), "'0'"),
        (Plan(window_days="a year"), "'a year'"),
        (Plan(currency="euro"), "'euro'"),
        (Plan(redis_url="localhost:6379"), "--redis-url"),
        (Plan(kafka_bootstrap_servers="a b"), "--kafka-bootstrap-servers"),
        (Plan(redis_url="redis://:it's@h"), "--redis-url"),
    ],
)
def test_what_could_not_become_a_deployment_is_refused(folder: Path, plan: Plan, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        start_deployment(folder / "new", plan)

    assert said in refused.value.cause
    assert refused.value.mend
    assert os.listdir(folder) == []


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    (folder / "file").write_text("")

    with pytest.raises(UsageError, match="file/new cannot be written to"):
        start_deployment(folder / "file" / "new", Plan())


def test_the_next_steps_are_told_and_what_will_not_work_is_said_before(folder: Path) -> None:
    steps = "\n".join(next_steps(folder / "new", Plan(kafka_bootstrap_servers="localhost:9092")))

    assert f"cd {folder / 'new'}" in steps
    assert "docker compose up --detach" in steps
    assert "deploy/Dockerfile" in steps
    assert "segstream doctor" in steps
    assert "Inside a container localhost is the container itself" in steps
    assert "container itself" not in "\n".join(next_steps(folder, PLANS["both given"]))


@pytest.mark.parametrize(
    ("plan", "seen", "said"),
    [
        (Plan(), frozenset(), ""),
        (Plan(), Unseen.NOBODY, ""),
        (Plan(), frozenset({"orders.v1"}), "a Kafka with orders.v1 runs at localhost:9092 already"),
        (PLANS["both given"], frozenset(), ""),
        (PLANS["both given"], Unseen.SHUT, "did not say what it has"),
        (PLANS["both given"], frozenset({"b", "a"}), "has a and 1 more of our topics already. A worker with these"),
    ],
)
def test_a_deployment_that_is_there_already_is_not_joined_in_silence(plan: Plan, seen: Seen, said: str) -> None:
    words = neighbour_words(plan, seen)

    assert said in words
    assert bool(said) == bool(words)


def test_two_deployments_have_clusters_of_their_own() -> None:
    ids = {compose(Plan())["services"]["kafka"]["environment"]["CLUSTER_ID"] for _ in range(3)}

    assert len(ids) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", new_cluster_id()) for _ in range(200))
    check(Plan())


def test_the_templates_are_in_the_wheel(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]

    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
    assert {f"stream_app/starter/templates/{name}" for name in ("docker-compose.yml", "env", "segstream.toml")} <= names
