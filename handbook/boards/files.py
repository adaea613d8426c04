"""Where the dashboards lie that Grafana is given."""

from __future__ import annotations

from pathlib import Path

from handbook.boards import engine, segments, service

FOLDER = Path(__file__).parents[2] / "deploy" / "grafana" / "dashboards"
BOARDS = {"service-health": service.BOARD, "segments-and-migrations": segments.BOARD, "engine-internals": engine.BOARD}


def board_files() -> dict[Path, str]:
    """Return each dashboard's file and what must stand in it."""
    return {FOLDER / f"{name}.json": board.to_json() for name, board in BOARDS.items()}
