"""Manifests that say for Kubernetes what is said elsewhere already: the alerts, and the topics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from handbook.observation.prometheus import COMMITTED
from stream_app.contract.topics import Topics

FOLDER = Path(__file__).parents[1] / "deploy" / "kubernetes" / "overlays" / "production"
DEFINITIONS = Path(__file__).parents[1] / "deploy" / "kafka" / "topics.yaml"
GENERATED = "# Written by `make docs`, from {source}.\n"
REPLICAS = 3


def manifest_files() -> dict[Path, str]:
    """Return each file and what must stand in it."""
    alerts = GENERATED.format(source="deploy/prometheus/alerts.yml") + _yaml([_rules()])
    topics = GENERATED.format(source="deploy/kafka/topics.yaml") + _yaml(_topics())
    return {FOLDER / "alerts.yaml": alerts, FOLDER / "topics.yaml": topics}


def _rules() -> dict[str, Any]:
    groups = yaml.safe_load((COMMITTED / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    head = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "segstream"}}
    return {**head, "spec": {"groups": groups}}


def _topics() -> list[dict[str, Any]]:
    partitions = {
        topic["name"]: topic["partitions"]
        for topic in yaml.safe_load(DEFINITIONS.read_text(encoding="utf-8"))["topics"]
    }
    return [
        {
            "apiVersion": "kafka.strimzi.io/v1beta2",
            "kind": "KafkaTopic",
            "metadata": {"name": topic.name, "labels": {"strimzi.io/cluster": "segstream"}},
            "spec": {"partitions": partitions[topic.name], "replicas": REPLICAS, "config": dict(topic.config)},
        }
        for topic in Topics().definitions()
    ]


def _yaml(documents: list[dict[str, Any]]) -> str:
    text: str = yaml.safe_dump_all(documents, sort_keys=False, width=1_000, allow_unicode=True)
    return text
