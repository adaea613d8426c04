"""What the deployment files promise the code keeps: topics, environment variables, ports and users."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
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
OURS = [name for name, service in COMPOSE["services"].items() if service["image"].startswith("segstream-")]
PORTS = {"worker": "web_port", "api": "api_port", "dashboard": "dashboard_port"}
"""Services that listen, and the setting that says where."""
OUR_VARIABLE = re.compile(r"(SEGSTREAM|KAFKA|REDIS)_[A-Z_]+")


def setting_names() -> set[str]:
    """Return every environment variable that a setting is read from."""
    return {variable_of(name) for name in Settings.model_fields}


def vendored_schema(name: str) -> dict[str, Any]:
    """Return a schema that check-jsonschema brings along."""
    package = find_spec("check_jsonschema")
    assert package is not None
    assert package.submodule_search_locations
    vendor = Path(package.submodule_search_locations[0]) / "builtin_schemas" / "vendor"
    schema: dict[str, Any] = json.loads((vendor / f"{name}.json").read_text())
    return schema


def test_compose_file_satisfies_the_compose_specification() -> None:
    Draft7Validator(vendored_schema("compose-spec")).validate(COMPOSE)

    assert "version" not in COMPOSE


@pytest.mark.parametrize("workflow", sorted((ROOT / ".github" / "workflows").iterdir()), ids=lambda path: path.name)
def test_workflows_satisfy_their_schema_and_name_files_that_exist(workflow: Path) -> None:
    text = workflow.read_text()

    # YAML 1.1 reads the key `on` as true.
    read = {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}
    Draft7Validator(vendored_schema("github-workflows")).validate(read)

    for name in re.findall(r"(?:tests|deploy)/[\w./]+\w", text):
        assert (ROOT / name).exists(), name


def test_compose_binds_ports_to_this_machine_only() -> None:
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:"), name


def test_compose_waits_for_services_that_can_say_they_are_ready() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "healthcheck" in services[other] or other in OURS, (name, other)
            else:
                assert wait["condition"] == "service_completed_successfully", (name, other)
                assert services[other]["restart"] == "no"


@pytest.mark.parametrize("name", OURS)
def test_variables_of_our_services_are_settings(name: str) -> None:
    ours = {variable for variable in COMPOSE["services"][name]["environment"] if OUR_VARIABLE.fullmatch(variable)}

    assert ours
    assert ours <= setting_names()
    assert set(re.findall(r"SEGSTREAM_[A-Z_]+", DOCKERFILE)) <= setting_names()


@pytest.mark.parametrize(("name", "field"), PORTS.items())
def test_a_service_listens_where_compose_publishes_it(name: str, field: str) -> None:
    port = Settings.model_fields[field].default
    service = COMPOSE["services"][name]

    assert [published.rpartition(":")[2] for published in service["ports"]] == [str(port)]
    assert str(port) in re.findall(r"\d+", re.findall(r"^EXPOSE (.+)$", DOCKERFILE, re.MULTILINE)[0])


def test_the_worker_can_be_scaled() -> None:
    worker = COMPOSE["services"]["worker"]

    assert "SEGSTREAM_INSTANCE_ID" not in worker["environment"]
    assert "container_name" not in worker
    assert re.fullmatch(r"127\.0\.0\.1:\d+-\d+:6066", worker["ports"][0])


@pytest.mark.parametrize("name", OURS)
def test_our_services_are_locked_in(name: str) -> None:
    service = COMPOSE["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_what_is_open_is_said_in_plain_sight() -> None:
    services = COMPOSE["services"]

    assert services["api"]["environment"]["SEGSTREAM_API_ALLOW_ANONYMOUS"] == "1"
    assert services["dashboard"]["environment"]["SEGSTREAM_DASHBOARD_ALLOW_ANONYMOUS"] == "1"


def test_no_secret_stands_in_the_file() -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    assert re.findall(r"^ +\w*(?:PASSWORD|TOKEN|SECRET)\w*: .+$", text, re.MULTILINE) == []


def test_images_have_a_pinned_tag() -> None:
    for name, service in COMPOSE["services"].items():
        tag = service["image"].rpartition(":")[2]
        assert tag == "local" or re.search(r"\d+\.\d+", tag), name


@pytest.mark.parametrize("name", OURS)
def test_an_image_has_the_packages_of_its_service(name: str) -> None:
    parts = COMPOSE["services"][name]["build"]["args"]["PARTS"]

    assert (ROOT / f"requirements-{parts}.lock").exists()
    assert COMPOSE["services"][name]["image"] == f"segstream-{parts}:local"


@pytest.mark.parametrize("name", OURS)
def test_health_is_asked_where_the_service_answers(name: str) -> None:
    service = COMPOSE["services"][name]
    if service.get("healthcheck", {}).get("disable"):
        assert service["restart"] == "no"
        return
    url = service["environment"].get("HEALTH_URL") or re.findall(r"HEALTH_URL=(\S+)", DOCKERFILE)[0]

    assert f":{Settings.model_fields[PORTS[name]].default}/" in url


def test_files_and_folders_that_are_mounted_exist() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", []):
            if volume.startswith("."):
                assert (ROOT / volume.split(":")[0]).exists(), volume


def test_prometheus_scrapes_services_that_exist() -> None:
    config = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.yml").read_text())

    for job in config["scrape_configs"]:
        (target,) = job["dns_sd_configs"]
        (name,) = target["names"]
        assert target["port"] == Settings.model_fields[PORTS[name]].default


@pytest.mark.parametrize("dockerfile", ["deploy/Dockerfile", "deploy/huggingface/Dockerfile"])
def test_the_linter_is_content_with_the_dockerfile(dockerfile: str) -> None:
    linter = Path(sys.executable).with_name("hadolint")

    done = subprocess.run([linter, ROOT / dockerfile], check=False, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr


def test_containers_reach_kafka_at_an_advertised_address() -> None:
    services = COMPOSE["services"]
    advertised = services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]

    for address in (services["worker"]["environment"]["KAFKA_BOOTSTRAP_SERVERS"], services["topics"]["command"][-1]):
        assert f"PLAINTEXT://{address}" in advertised.split(",")


def test_what_talks_without_tls_says_so() -> None:
    plain = {name: one for name, one in COMPOSE["services"].items() if "REDIS_URL" in one.get("environment", {})}

    assert set(plain) == {"trainer", "loader", "worker", "api"}
    for service in plain.values():
        assert service["environment"]["SEGSTREAM_KAFKA_ALLOW_PLAINTEXT"] == "1"
        assert service["environment"]["SEGSTREAM_REDIS_ALLOW_PLAINTEXT"] == "1"


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
            found = source.replace("${PARTS}", "worker")
            assert (ROOT / found).exists(), source
