"""What the deployment files promise the code keeps: topics, environment variables, ports and users."""

from __future__ import annotations

import json
import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from stream_app.contract.topics import Topics
from stream_app.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
TOPICS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deploy" / "kafka" / "topics.yaml").read_text())["topics"]
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
OUR_VARIABLE = re.compile(r"(SEGSTREAM|KAFKA|REDIS)_[A-Z_]+")


def setting_names() -> set[str]:
    """Return every environment variable that a setting is read from."""
    return {variable_of(name) for name in Settings.model_fields}


def compose_schema() -> dict[str, Any]:
    """Return the Compose specification's schema as check-jsonschema brings it along."""
    package = find_spec("check_jsonschema")
    assert package is not None
    assert package.submodule_search_locations
    vendor = Path(package.submodule_search_locations[0]) / "builtin_schemas" / "vendor"
    schema: dict[str, Any] = json.loads((vendor / "compose-spec.json").read_text())
    return schema


def test_compose_file_satisfies_the_compose_specification() -> None:
    Draft7Validator(compose_schema()).validate(COMPOSE)

    assert "version" not in COMPOSE


def test_compose_binds_ports_to_this_machine_only() -> None:
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_compose_waits_for_services_that_can_say_they_are_ready() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in services[other], (name, other)
            else:
                assert wait["condition"] == "service_completed_successfully", (name, other)
                assert services[other]["restart"] == "no"


def test_variables_of_the_worker_are_settings() -> None:
    ours = {name for name in COMPOSE["services"]["worker"]["environment"] if OUR_VARIABLE.fullmatch(name)}

    assert ours
    assert ours <= setting_names()
    assert set(re.findall(r"SEGSTREAM_[A-Z_]+", DOCKERFILE)) <= setting_names()


def test_the_worker_listens_where_compose_publishes_it() -> None:
    port = Settings.model_fields["web_port"].default

    assert COMPOSE["services"]["worker"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"EXPOSE {port}" in DOCKERFILE


def test_containers_reach_kafka_at_an_advertised_address() -> None:
    services = COMPOSE["services"]
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]

    for address in (services["worker"]["environment"]["KAFKA_BOOTSTRAP_SERVERS"], services["topics"]["command"][-1]):
        assert f"PLAINTEXT://{address}" in advertised.split(",")


def test_named_volumes_are_declared() -> None:
    used = {
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }

    assert used == set(COMPOSE["volumes"])


def test_valkey_keeps_what_it_is_given() -> None:
    command = " ".join(COMPOSE["services"]["valkey"]["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


def test_topics_file_is_what_the_code_defines() -> None:
    listed = {topic["name"]: {key: str(value) for key, value in topic["config"].items()} for topic in TOPICS}

    assert listed == {topic.name: topic.config for topic in Topics().definitions()}


def test_partitioned_topics_have_equal_partition_counts() -> None:
    is_partitioned = {topic.name: topic.is_partitioned for topic in Topics().definitions()}

    counts = {topic["partitions"] for topic in TOPICS if is_partitioned[topic["name"]]}
    assert len(counts) == 1
    assert [topic["partitions"] for topic in TOPICS if not is_partitioned[topic["name"]]] == [1]


@pytest.mark.parametrize("prefix", ["", "shop-a."])
def test_script_creates_the_topics_of_the_file(prefix: str, tmp_path: Path) -> None:
    recorder = tmp_path / "kafka-topics"
    recorder.write_text(f'#!/bin/sh\ncat >/dev/null\necho "$@" >>{tmp_path}/calls\n')
    recorder.chmod(0o755)
    script = ROOT / "deploy" / "kafka" / "create-topics.sh"
    environment = {**os.environ, "KAFKA_TOPICS": str(recorder), "SEGSTREAM_TOPIC_PREFIX": prefix}

    subprocess.run(["bash", script, "broker:9092", "3"], env=environment, check=True, timeout=20)

    expected = []
    for topic in TOPICS:
        settings = " ".join(f"--config {key}={value}" for key, value in topic["config"].items())
        expected.append(
            f"--bootstrap-server broker:9092 --create --if-not-exists --topic {prefix}{topic['name']}"
            f" --partitions {topic['partitions']} --replication-factor 3 {settings}"
        )
    assert (tmp_path / "calls").read_text().splitlines() == expected


def test_image_runs_as_an_ordinary_user_with_checked_packages() -> None:
    assert "USER 1000:1000" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    assert re.search(r"^HEALTHCHECK .*\n +CMD \[\"python\"", DOCKERFILE, re.MULTILINE)


def test_image_copies_only_what_exists() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
