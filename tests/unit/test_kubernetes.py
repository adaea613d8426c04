"""The manifests become what Kubernetes and its operators take, and name only what the code has."""

from __future__ import annotations

import json
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml  # type: ignore[import-untyped]
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

from handbook.boards.files import board_files
from handbook.manifests import manifest_files
from stream_app.settings import Settings, variable_of
from tests.system_tools import system_tool

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("dev", "production")
KUBERNETES = "1.34"
SCHEMAS = {file.stem: json.loads(file.read_text()) for file in (FOLDER / "schemas").glob("*.json")}
PORTS = {"worker": "web_port", "api": "api_port", "dashboard": "dashboard_port"}

Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> list[Manifest]:
    """Return what an overlay becomes."""
    kustomize = system_tool("kustomize", "go/kustomize")
    done = subprocess.run(
        [kustomize, "build", FOLDER / "overlays" / overlay], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    found = [manifest for manifest in rendered(overlay) if manifest["kind"] in kinds]
    assert found
    return found


def containers(overlay: str) -> list[Manifest]:
    workloads = of_kind(overlay, "Deployment", "StatefulSet")
    return [container for one in workloads for container in one["spec"]["template"]["spec"]["containers"]]


def problems_of(manifest: Manifest) -> list[str]:
    """Return what Kubernetes, or an operator of it, would say against a manifest."""
    if manifest["kind"] in SCHEMAS:
        return [error.message for error in Draft7Validator(SCHEMAS[manifest["kind"]]).iter_errors(manifest)]
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [str(error)]
    return []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kubernetes_takes_every_manifest(overlay: str) -> None:
    for manifest in rendered(overlay):
        assert problems_of(manifest) == [], manifest["metadata"]["name"]


def test_a_misspelt_field_is_found() -> None:
    worker = of_kind("production", "StatefulSet")[0]
    scaled = of_kind("production", "ScaledObject")[0]

    assert problems_of(worker | {"spec": worker["spec"] | {"replica": 3}}) != []
    assert problems_of(scaled | {"spec": scaled["spec"] | {"max": 1}}) != []


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_variables_are_settings(overlay: str) -> None:
    known = {variable_of(name) for name in Settings.model_fields}
    shared = {name for settings in of_kind(overlay, "ConfigMap") for name in settings["data"]}
    own = {entry["name"] for container in containers(overlay) for entry in container["env"]}

    assert shared | own <= known


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_containers_listen_where_they_say(overlay: str) -> None:
    for container in containers(overlay):
        (port,) = container["ports"]
        assert port["containerPort"] == Settings.model_fields[PORTS[container["name"]]].default


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_may_do_nothing_that_they_need_not(overlay: str) -> None:
    for workload in of_kind(overlay, "Deployment", "StatefulSet"):
        pod = workload["spec"]["template"]["spec"]
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]


def test_a_worker_is_called_by_its_pod() -> None:
    (worker,) = of_kind("production", "StatefulSet")
    (container,) = worker["spec"]["template"]["spec"]["containers"]
    names = {entry["name"]: entry for entry in container["env"]}

    assert names["SEGSTREAM_INSTANCE_ID"]["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.name"}}


def test_no_worker_is_started_that_would_have_no_partition() -> None:
    (scaled,) = of_kind("production", "ScaledObject")
    counts = {topic["spec"]["partitions"] for topic in of_kind("production", "KafkaTopic")} - {1}

    assert counts == {scaled["spec"]["maxReplicaCount"]}


def test_production_holds_no_secret() -> None:
    assert not [manifest for manifest in rendered("production") if manifest["kind"] == "Secret"]


def test_only_the_laptop_talks_without_tls_and_says_so() -> None:
    shared = {}
    for overlay in OVERLAYS:
        (config,) = of_kind(overlay, "ConfigMap")
        shared[overlay] = config["data"]
    switches = {"SEGSTREAM_KAFKA_ALLOW_PLAINTEXT", "SEGSTREAM_REDIS_ALLOW_PLAINTEXT"}

    assert {name: shared["dev"].get(name) for name in switches} == dict.fromkeys(switches, "1")
    assert switches & set(shared["production"]) == set()
    assert shared["production"]["KAFKA_SECURITY_PROTOCOL"] == "SASL_SSL"


def test_rights_are_on_topics_and_a_group_that_exist() -> None:
    (user,) = of_kind("production", "KafkaUser")
    topics = {topic["metadata"]["name"] for topic in of_kind("production", "KafkaTopic")}
    resources = [acl["resource"] for acl in user["spec"]["authorization"]["acls"]]

    assert {resource["name"] for resource in resources if resource["type"] == "topic"} == topics
    group = Settings.model_fields["kafka_group_id"].default
    assert {resource["name"] for resource in resources if resource["type"] == "group"} == {group}


def test_written_files_are_up_to_date() -> None:
    """If this fails: make docs."""
    for file, text in (board_files() | manifest_files()).items():
        assert file.read_text() == text, file


def test_dashboards_are_found_by_their_ids() -> None:
    boards = [json.loads(text) for text in board_files().values()]

    assert len({board["uid"] for board in boards}) == len(boards)
    for board in boards:
        panels = [panel for panel in board["panels"] if panel["type"] != "row"]
        assert all(re.search(r"\w", panel["description"]) for panel in panels)
        assert {variable["name"] for variable in board["templating"]["list"]} >= {
            "datasource",
            "consumergroup",
            "topic",
        }
