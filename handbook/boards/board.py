"""A Grafana dashboard as few words as it takes; the JSON that Grafana wants is made of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["stat", "timeseries", "table", "bargauge"]

WIDTH = 24
"""Grafana's grid has so many columns."""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
STREAMLIT = "http://localhost:8501"

GREEN, AMBER, RED = "green", "orange", "red"


@dataclass(frozen=True)
class Query:
    """What a panel asks Prometheus, and how the answer is called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture: its question in the title, its answer in the unit."""

    title: str
    queries: Sequence[Query]
    says: str
    """What it means and when to worry, shown at the panel's corner."""
    unit: str = "short"
    kind: Kind = "timeseries"
    width: int = 8
    height: int = 8
    limits: Sequence[tuple[float, str]] = ()
    """From which value on it takes which colour; below the first one it is green."""
    is_stacked: bool = False
    hidden: Sequence[str] = ("Time",)
    """A table's columns that nobody reads."""
    words: dict[str, str] = field(default_factory=dict)
    """A stat's values in words."""


@dataclass(frozen=True)
class Row:
    """Panels side by side under a heading."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Board:
    """A dashboard for one kind of reader."""

    uid: str
    title: str
    says: str
    rows: Sequence[Row]

    def to_json(self) -> str:
        """Return the file that Grafana reads."""
        return json.dumps(self._model(), indent=2, ensure_ascii=False) + "\n"

    def _model(self) -> dict[str, Any]:
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.says,
            "tags": ["segstream"],
            "schemaVersion": 39,
            "version": 1,
            "editable": False,
            "graphTooltip": 1,
            "refresh": "10s",
            "time": {"from": "now-30m", "to": "now"},
            "timezone": "browser",
            "annotations": {"list": []},
            "links": _links(),
            "templating": {"list": _variables()},
            "panels": list(self._panels()),
        }

    def _panels(self) -> Iterator[dict[str, Any]]:
        top, number = 0, 0
        for row in self.rows:
            number += 1
            place = {"h": 1, "w": WIDTH, "x": 0, "y": top}
            yield {"id": number, "type": "row", "title": row.title, "collapsed": False, "gridPos": place, "panels": []}
            top += 1
            left = 0
            for panel in row.panels:
                number += 1
                if left + panel.width > WIDTH:
                    left, top = 0, top + panel.height
                place = {"h": panel.height, "w": panel.width, "x": left, "y": top}
                yield {"id": number, "gridPos": place, **_drawn(panel)}
                left += panel.width
            top += row.panels[-1].height


def _links() -> list[dict[str, Any]]:
    boards = {"title": "segstream", "type": "dashboards", "tags": ["segstream"], "asDropdown": False, "keepTime": True}
    people = {"title": "Customers and segments", "type": "link", "url": STREAMLIT, "icon": "external link"}
    return [boards, {**people, "targetBlank": True}]


def _variables() -> list[dict[str, Any]]:
    source = {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus", "refresh": 1}
    chosen = {"text": "Prometheus", "value": "prometheus"}
    return [{**source, "current": chosen}, _choice("consumergroup", "Group"), _choice("topic", "Orders topic")]


def _choice(label: str, title: str) -> dict[str, Any]:
    query = f"label_values(kafka_consumergroup_lag, {label})"
    everything = {"text": "All", "value": "$__all"}
    return {
        "name": label,
        "label": title,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": label},
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": everything,
        "sort": 1,
    }


def _drawn(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": DATASOURCE,
        "targets": [_target(panel, place, query) for place, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
        **({"transformations": _tidied(panel)} if panel.kind == "table" else {}),
    }


def _target(panel: Panel, place: int, query: Query) -> dict[str, Any]:
    is_now = panel.kind != "timeseries"
    target = {"refId": chr(ord("A") + place), "datasource": DATASOURCE, "expr": query.expr}
    form = {"format": "table" if panel.kind == "table" else "time_series"}
    return {**target, **form, "legendFormat": query.legend or "__auto", "instant": is_now, "range": not is_now}


def _defaults(panel: Panel) -> dict[str, Any]:
    steps = [{"color": GREEN, "value": None}, *({"color": colour, "value": at} for at, colour in panel.limits)]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}, "min": 0}
    if panel.kind == "timeseries":
        drawing: dict[str, Any] = {"lineWidth": 2, "fillOpacity": 60 if panel.is_stacked else 8, "showPoints": "never"}
        drawing["stacking"] = {"mode": "normal" if panel.is_stacked else "none", "group": "A"}
        return {**defaults, "color": {"mode": "palette-classic"}, "custom": drawing}
    if panel.words:
        values = {value: {"text": word, "index": at} for at, (value, word) in enumerate(panel.words.items())}
        defaults["mappings"] = [{"type": "value", "options": values}]
    return {**defaults, "color": {"mode": "thresholds"}}


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "timeseries":
        legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
        return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
    if panel.kind == "table":
        return {"showHeader": True, "cellHeight": "sm"}
    last = {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}
    if panel.kind == "bargauge":
        return {**last, "orientation": "horizontal", "displayMode": "basic", "showUnfilled": True}
    return {**last, "colorMode": "value", "graphMode": "none", "textMode": "auto", "justifyMode": "auto"}


def _tidied(panel: Panel) -> list[dict[str, Any]]:
    hidden = dict.fromkeys(panel.hidden, True)
    return [{"id": "organize", "options": {"excludeByName": hidden, "renameByName": {"Value": panel.title}}}]
