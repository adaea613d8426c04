"""Everything that the committed dashboards and alerts ask Prometheus, with the variables filled in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from handbook.boards.files import FOLDER
from handbook.observation.prometheus import COMMITTED

VARIABLES = {"$consumergroup": ".*", "$topic": ".*", "$__range": "15m"}


@dataclass(frozen=True)
class Question:
    """One expression and where it stands."""

    place: str
    expr: str
    has_answer: bool
    """True when an answer without a series means that something is wrong; an alert gives none while all is well."""


def questions() -> list[Question]:
    """Return those of the dashboards, and then those of the alerts."""
    return [*(found for file in sorted(FOLDER.glob("*.json")) for found in _of_board(file)), *_of_alerts()]


def _of_board(file: Path) -> Iterator[Question]:
    board = json.loads(file.read_text(encoding="utf-8"))
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield Question(f"{board['title']} / {panel['title']}", filled(target["expr"]), has_answer=True)


def _of_alerts() -> Iterator[Question]:
    for group in yaml.safe_load((COMMITTED / "alerts.yml").read_text(encoding="utf-8"))["groups"]:
        for rule in group["rules"]:
            yield Question(f"alert {rule['alert']}", rule["expr"], has_answer=False)


def filled(expr: str) -> str:
    """Return an expression as Grafana would send it with everything chosen.

    >>> filled('sum(increase(x{topic=~"$topic"}[$__range]))')
    'sum(increase(x{topic=~".*"}[15m]))'
    """
    for name, value in VARIABLES.items():
        expr = expr.replace(name, value)
    return expr
